"""Resolvers that misbehave: each passes questions on, and spoils the answers.

They run in the agent's process; World.liar() starts one. The kinds:

    honest      passes everything on
    refused, servfail    say so, whatever is asked
    empty       knows of no name at all
    slow        a second late
    stuck       ten seconds late: after everybody has given up
    short       always truncated, and TCP works
    cut         always truncated, and nothing listens for TCP
    old         FORMERR to whatever has EDNS
    rubbish     octets that are no answer, and nothing after them
    wrong_id, wrong_question, wrong_port    a forged answer first, that says
                "no such name"; the true one after it
    rewrites    instead of "no such name" the address of a search page
    first_lost  does not answer a question that it sees for the first time
"""

import asyncio
import contextlib
import socket
import struct

_LATE_S = {'slow': 1, 'stuck': 10}

# A forger is nearer than the resolver.
_FORGED_FIRST_S = 0.02

_QR, _TC, _RA, _RCODE = 0x8000, 0x0200, 0x0080, 0x000f
_FORMERR, _SERVFAIL, _NXDOMAIN, _REFUSED = 1, 2, 3, 5
_HEADER = struct.Struct('!6H')
_SEARCH_PAGE = socket.inet_aton('203.0.113.252')


class Liar(asyncio.DatagramProtocol):
    """One resolver, over UDP; over TCP only what is kind enough."""

    def __init__(self, kind, address, upstream):
        self._kind = kind
        self._address = address
        self._upstream = upstream
        self._seen = set()
        self._tasks = set()

    async def start(self):
        """Listen."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, (self._address, 53))
        if self._kind != 'cut':
            await asyncio.start_server(self._serve, self._address, 53)

    def datagram_received(self, data, addr):
        task = asyncio.ensure_future(self._answer(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, query, peer):
        if len(query) < _HEADER.size:
            return
        if self._kind == 'first_lost' and query[_HEADER.size:] not in self._seen:
            self._seen.add(query[_HEADER.size:])
            return
        if self._kind == 'rubbish':
            self._transport.sendto(b'nothing of use here.', peer)
            return
        await self._forge(query, peer)
        await asyncio.sleep(_LATE_S.get(self._kind, 0))
        reply = self._spoil(query) or await self._ask(query)
        if self._kind in ('short', 'cut'):
            reply = _answer_to(query, _TC)
        if self._kind == 'rewrites':
            reply = _rewrite(query, reply)
        self._transport.sendto(reply, peer)

    async def _forge(self, query, peer):
        """Send what must not be believed."""
        forged = _answer_to(query, _NXDOMAIN)
        if self._kind == 'wrong_id':
            forged = bytes([forged[0] ^ 1]) + forged[1:]
        elif self._kind == 'wrong_question':
            at = _HEADER.size + 1
            forged = forged[:at] + bytes([forged[at] ^ 1]) + forged[at + 1:]
        elif self._kind != 'wrong_port':
            return
        if self._kind == 'wrong_port':
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind((self._address, 0))
                other.sendto(forged, peer)
        else:
            self._transport.sendto(forged, peer)
        await asyncio.sleep(_FORGED_FIRST_S)

    def _spoil(self, query):
        """Return an answer that needs no asking, or None."""
        if self._kind == 'refused':
            return _answer_to(query, _REFUSED)
        if self._kind == 'servfail':
            return _answer_to(query, _SERVFAIL)
        if self._kind == 'empty':
            return _answer_to(query, _RA | _NXDOMAIN)
        if self._kind == 'old' and _HEADER.unpack_from(query)[5]:
            return _answer_to(query, _FORMERR)
        return None

    async def _ask(self, query):
        """Pass a question on, over TCP: its answer has any length."""
        reader, writer = await asyncio.open_connection(self._upstream, 53)
        with contextlib.closing(writer):
            writer.write(struct.pack('!H', len(query)) + query)
            length, = struct.unpack('!H', await reader.readexactly(2))
            return await reader.readexactly(length)

    async def _serve(self, reader, writer):
        with contextlib.closing(writer), contextlib.suppress(
                asyncio.IncompleteReadError):
            while True:
                length, = struct.unpack('!H', await reader.readexactly(2))
                query = await reader.readexactly(length)
                reply = self._spoil(query) or await self._ask(query)
                writer.write(struct.pack('!H', len(reply)) + reply)
                await writer.drain()


def _question_end(message):
    at = _HEADER.size
    while message[at]:
        at += message[at] + 1
    return at + 5


def _answer_to(query, bits):
    """Return an answer without records, with these flags and rcode."""
    number, flags, *_ = _HEADER.unpack_from(query)
    return (_HEADER.pack(number, flags | _QR | bits, 1, 0, 0, 0) +
            query[_HEADER.size:_question_end(query)])


def _rewrite(query, reply):
    """Return the reply, or for "no such name" an address."""
    number, flags, *_ = _HEADER.unpack_from(reply)
    end = _question_end(query)
    if flags & _RCODE != _NXDOMAIN or query[end - 3] != 1:
        return reply
    return (_HEADER.pack(number, flags & ~_RCODE, 1, 1, 0, 0) +
            query[_HEADER.size:end] + b'\xc0\x0c' +
            struct.pack('!HHIH', 1, 1, 60, 4) + _SEARCH_PAGE)
