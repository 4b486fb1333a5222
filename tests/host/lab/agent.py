"""The process in the world's namespace: its SMTP servers, and its clients.

Run as: python3 -m lab.agent SOCKET. It says READY=1 to NOTIFY_SOCKET and then
obeys requests on the socket, one JSON object a line: {"do": NAME, ...}; the
answer is {"value": ...} or {"error": TEXT}. World asks.
"""

import asyncio
import bisect
import errno
import json
import os
import socket
import sys

from lab.liar import Liar
from lab.policy import Policy
from lab.smtp import Server

_REFUSALS = {errno.ECONNREFUSED: 'refused', errno.EHOSTUNREACH: 'unreachable',
             errno.ENETUNREACH: 'unreachable', errno.EACCES: 'unreachable',
             errno.ETIMEDOUT: 'timeout'}


class Agent:
    """All servers of one world; each method is a request."""

    def __init__(self):
        self._servers = {}

    async def serve(self, address, port, policy):
        """Start a server, or change the policy of one that runs."""
        where = address, port
        if where not in self._servers:
            self._servers[where] = Server(address, port)
        await self._servers[where].apply(Policy(**policy))

    async def stats(self, address, port):
        """Return a server's counts."""
        return self._servers[address, port].stats()

    async def seconds(self, address, port):
        """Return what happened in each second, as a list in order of time."""
        return [{'time': time, **counts} for time, counts in
                sorted(self._servers[address, port].seconds.items())]

    async def since(self, address, port, time):
        """Return how many messages and refusals there were since a time."""
        server = self._servers[address, port]
        first = bisect.bisect_left(server.messages, time,
                                   key=lambda message: message['time'])
        return {'taken': len(server.messages) - first,
                'refused': len(server.refusals) -
                bisect.bisect_left(server.refusals, time)}

    async def messages(self, address, port):
        """Return the messages a server accepted."""
        return self._servers[address, port].messages

    async def await_messages(self, address, port, count, timeout_s):
        """Return a server's counts when it has so many messages."""
        server = self._servers[address, port]
        await server.await_messages(count, timeout_s)
        return server.stats()

    async def dial(self, address, port, source, at_once, timeout_s):
        """Open connections all at once; say what each one met.

        Every connection is held until all have met something.
        """
        return await _all_told([_connect(address, port, source)
                                for _ in range(at_once)], timeout_s)

    async def knock(self, calls, timeout_s):
        """Connect, all at once, and wait for no greeting; say what each met.

        calls  [address, port, source] of each
        """
        return await _all_told([_connect(*call, is_greeted=False)
                                for call in calls], timeout_s)

    async def lie(self, kind, address, upstream):
        """Start a resolver that misbehaves."""
        await Liar(kind, address, upstream).start()

    async def obey(self, reader, writer):
        """Answer the requests of one connection."""
        while line := await reader.readline():
            try:
                request = json.loads(line)
                act = getattr(self, request.pop('do'))
                answer = {'value': await act(**request)}
            except Exception as error:      # the one who asks will judge it
                answer = {'error': repr(error)}
            writer.write(json.dumps(answer).encode() + b'\n')
            await writer.drain()
        writer.close()


async def _all_told(connecting, timeout_s):
    """Await connections; say what each met, and close them together."""
    met = await asyncio.gather(
        *(asyncio.wait_for(each, timeout_s) for each in connecting),
        return_exceptions=True)
    for outcome in met:
        if isinstance(outcome, tuple):
            outcome[1].close()
    return [_told(outcome) for outcome in met]


async def _connect(address, port, source, is_greeted=True):
    reader, writer = await asyncio.open_connection(
        address, port, local_addr=(source, 0) if source else None)
    try:
        greeting = await reader.readline() if is_greeted else b''
        return greeting.decode(errors='replace'), writer
    except BaseException:
        writer.close()
        raise


def _told(outcome):
    if isinstance(outcome, tuple):
        return {'outcome': 'open', 'banner': outcome[0].strip()}
    if isinstance(outcome, asyncio.TimeoutError):
        return {'outcome': 'timeout', 'banner': ''}
    number = getattr(outcome, 'errno', None)
    return {'outcome': _REFUSALS.get(number, repr(outcome)), 'banner': ''}


async def _main(path):
    server = await asyncio.start_unix_server(Agent().obey, path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])
    await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(_main(sys.argv[1]))
