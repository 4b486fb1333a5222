"""One SMTP server of the world: RFC 5321 as far as Postfix speaks it.

It keeps what it accepted and counts what it answered, so that a test can
prove that nothing was lost, doubled or sent too fast.
"""

import asyncio
import collections
import hashlib
import math
import re
import time

from lab import policy, rate
from lab.policy import DATA, GREETING, HELO, MAIL, MESSAGE, RCPT

_LINE_LIMIT = 1 << 20
_MESSAGE_ID = re.compile(rb'^message-id:\s*(\S+)', re.I | re.M)
_PATH = re.compile(r'^(?:FROM|TO):\s*<([^>]*)>', re.I)
_CAPABILITIES = ('PIPELINING', 'SIZE 52428800', '8BITMIME',
                 'ENHANCEDSTATUSCODES')


class Server:
    """A server at one address and port, and all it has seen."""

    def __init__(self, address, port):
        self.policy = policy.Policy()
        self.messages = []
        self.replies = collections.Counter()
        self.connections = 0
        self.peak = 0
        self.sessions = collections.Counter()
        self.served = collections.Counter()
        self.served_peak = 0
        self.seconds = {}
        self.refusals = []
        self.changed = asyncio.Condition()
        self._where = address, port
        self._listener = None
        self._rates = {}
        self._first_seen = {}

    async def apply(self, new):
        """Follow another policy from now on."""
        if _rate_of(new) != _rate_of(self.policy):
            self._rates.clear()
        self.policy = new
        if new.listen == 'refuse' and self._listener:
            self._listener.close()
            self._listener = None
        elif new.listen != 'refuse' and not self._listener:
            self._listener = await asyncio.start_server(
                lambda *ends: Session(self, *ends).run(), *self._where,
                limit=_LINE_LIMIT, backlog=1024)

    def stats(self):
        """Return the counts, as plain data."""
        return {'connections': self.connections, 'peak': self.peak,
                'served_peak': self.served_peak,
                'messages': len(self.messages),
                'replies': dict(self.replies)}

    async def await_messages(self, count, timeout_s):
        """Wait for so many messages, or for the time to pass."""
        async with self.changed:
            try:
                await asyncio.wait_for(self.changed.wait_for(
                    lambda: len(self.messages) >= count), timeout_s)
            except asyncio.TimeoutError:
                pass

    async def accept(self, message):
        """Keep a message."""
        async with self.changed:
            self.messages.append(message)
            self._second()['taken'] += 1
            self.changed.notify_all()

    def count_reply(self, stage, text):
        """Note an answer that was given."""
        self.replies[f'{stage} {text[:3]}'] += 1
        if text.startswith('4'):
            self._second()['refused'] += 1
            self.refusals.append(time.time())

    def serve(self, client):
        """Give a session one of the client's places; tell whether."""
        if self.served[client] >= _limit(self.policy.connections):
            return False
        self.served[client] += 1
        self.served_peak = max(self.served_peak, self.served[client])
        second = self._second()
        second['served'] = max(second['served'], self.served[client])
        return True

    def leave(self, client):
        """Take the place of a session that was served."""
        self._second()
        self.served[client] -= 1

    def admits(self, client):
        """Count one more message if the rate allows it; tell whether."""
        if client not in self._rates:
            self._rates[client] = rate.METERS[self.policy.rate_window](
                *self.policy.rate, self.policy.rate_burst)
        return self._rates[client].admits(time.monotonic())

    def _second(self):
        """Return the counts of the current second."""
        now = int(time.time())
        if now not in self.seconds:
            self.seconds[now] = {
                'taken': 0, 'refused': 0,
                'served': max(self.served.values(), default=0)}
        return self.seconds[now]

    def is_new(self, *correspondents):
        """Tell whether these have been known for less than greylist_s."""
        first = self._first_seen.setdefault(correspondents, time.monotonic())
        return time.monotonic() - first < self.policy.greylist_s


class Closed(Exception):
    """The session is over."""


class Session:
    """One connection of one client."""

    def __init__(self, server, reader, writer):
        self._server = server
        self._reader = reader
        self._writer = writer
        self._client = writer.get_extra_info('peername')[0]
        self._helo = ''
        self._greeted = False
        self._is_served = False
        self._taken = 0
        self._sender = None
        self._recipients = []

    async def run(self):
        """Speak with the client until one of the two closes."""
        server = self._server
        server.connections += 1
        server.sessions[self._client] += 1
        server.peak = max(server.peak, server.sessions[self._client])
        try:
            await self._greet()
            while True:
                await self._command((await self._line()).decode('latin-1'))
        except (Closed, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            server.sessions[self._client] -= 1
            if self._is_served:
                server.leave(self._client)
            self._writer.close()

    async def _greet(self):
        refusal = await self._refused(GREETING)
        self._greeted = not refusal
        if not refusal:
            await self._reply(GREETING, '220 smtp.world.test ESMTP')

    async def _command(self, line):
        verb, _, rest = line.strip().partition(' ')
        handler = self._VERBS.get(verb.upper())
        if verb.upper() == 'QUIT':
            await self._reply('quit', '221 2.0.0 Bye')
            raise Closed
        if not self._greeted:
            await self._reply('sequence', '503 5.5.1 No service here')
        elif not handler:
            await self._reply('unknown', '502 5.5.2 Command not recognized')
        else:
            await handler(self, rest)

    async def _on_helo(self, name):
        if not await self._refused(HELO):
            self._helo = name
            self._forget_envelope()
            await self._reply(HELO, '250 smtp.world.test')

    async def _on_ehlo(self, name):
        if not await self._refused(HELO):
            self._helo = name
            self._forget_envelope()
            lines = ('smtp.world.test', *_CAPABILITIES)
            await self._reply(HELO, '\r\n'.join(
                f'250{" " if line is lines[-1] else "-"}{line}'
                for line in lines))

    async def _on_mail(self, path):
        if not await self._refused(MAIL):
            self._forget_envelope()
            self._sender = _address(path)
            await self._reply(MAIL, '250 2.1.0 Ok')

    async def _on_rcpt(self, path):
        recipient = _address(path)
        if self._sender is None:
            await self._reply(RCPT, '503 5.5.1 Need MAIL first')
        elif not await self._refused(RCPT, self._sender, recipient):
            self._recipients.append(recipient)
            await self._reply(RCPT, '250 2.1.5 Ok')

    async def _on_data(self, _):
        if not self._recipients:
            await self._reply(DATA, '503 5.5.1 Need RCPT first')
        elif not await self._refused(DATA):
            await self._reply(DATA, '354 End data with <CR><LF>.<CR><LF>')
            content = await self._content()
            await asyncio.sleep(self._server.policy.message_s)
            if not await self._refused(MESSAGE):
                self._taken += 1
                await self._server.accept(self._message(content))
                await self._reply(MESSAGE, '250 2.0.0 Ok: accepted')
            self._forget_envelope()

    async def _on_rset(self, _):
        self._forget_envelope()
        await self._reply('rset', '250 2.0.0 Ok')

    async def _on_noop(self, _):
        await self._reply('noop', '250 2.0.0 Ok')

    _VERBS = {'HELO': _on_helo, 'EHLO': _on_ehlo, 'MAIL': _on_mail,
              'RCPT': _on_rcpt, 'DATA': _on_data, 'RSET': _on_rset,
              'NOOP': _on_noop}

    async def _refused(self, stage, *correspondents):
        """Do what the policy says at a stage; tell whether it said no."""
        if self._server.policy.drop == stage:
            self._writer.transport.abort()
            raise Closed
        refusal = self._refusal(stage, correspondents)
        if refusal:
            await self._reply(stage, refusal)
            # A server that says 421 closes the connection (RFC 5321, 3.8).
            if refusal.startswith('421'):
                raise Closed
        return refusal is not None

    def _refusal(self, stage, correspondents):
        server, rules = self._server, self._server.policy
        if stage == rules.connections_stage and not self._is_served:
            self._is_served = server.serve(self._client)
            if not self._is_served:
                return rules.connections_reply
        if stage == MAIL and self._taken >= _limit(rules.session_messages):
            return rules.session_reply
        if stage == rules.rate_stage and rules.rate:
            if not server.admits(self._client):
                return rules.rate_reply
        if stage == RCPT and rules.greylist_s is not None:
            if server.is_new(self._client, *correspondents):
                return policy.GREYLISTED
        return rules.reject.get(stage)

    async def _reply(self, stage, text):
        await asyncio.sleep(self._server.policy.delay_s)
        self._server.count_reply(stage, text)
        self._writer.write(text.encode() + b'\r\n')
        await self._writer.drain()

    async def _line(self):
        line = await self._reader.readline()
        if not line.endswith(b'\n'):
            raise Closed
        return line

    async def _content(self):
        """Return the message, its line ends as on Unix."""
        lines = []
        while (line := await self._line()) != b'.\r\n':
            lines.append(line.removeprefix(b'.').rstrip(b'\r\n'))
        return b'\n'.join(lines) + b'\n'

    def _message(self, content):
        header, _, body = content.partition(b'\n\n')
        found = _MESSAGE_ID.search(header)
        return {'message_id': found[1].decode() if found else None,
                'sha256': hashlib.sha256(body).hexdigest(),
                'sender': self._sender, 'recipients': self._recipients,
                'client': self._client, 'helo': self._helo,
                'time': time.time()}

    def _forget_envelope(self):
        self._sender = None
        self._recipients = []


def _limit(number):
    return math.inf if number is None else number


def _rate_of(rules):
    return rules.rate, rules.rate_window, rules.rate_burst


def _address(path):
    """Return the address of MAIL FROM or RCPT TO."""
    found = _PATH.match(path)
    return found[1] if found else path
