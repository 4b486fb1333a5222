"""A real connection, and what became of it."""

import errno
import os
import select
import socket
import struct
import time

from oracle import space

IP_RECVERR = 11
IPV6_RECVERR = 25
LINGER_NONE = struct.pack('ii', 1, 0)

# A machine that has other things to do may be slow, so only evidence ends a
# wait early. A SYN is sent again after one second: then its trace is doubled.
EVIDENCE_S = 0.6
# What a reject sends is on its way before its rule's trace event is.
REFUSAL_S = 0.25
# netdev's reject is not seen on any hook, so every drop there waits for one.
INGRESS_S = 0.02


class Question:
    """One connection to ask about: direction, addresses, ports."""

    __slots__ = ('direction', 'source', 'to', 'port', 'source_port',
                 'interface', 'uid', 'is_port_told')

    def __init__(self, direction, source, to, port, source_port, interface,
                 uid=0, is_port_told=True):
        self.direction = direction
        self.source = source
        self.to = to
        self.port = port
        self.source_port = source_port
        self.interface = interface
        self.uid = uid
        self.is_port_told = is_port_told

    def line(self):
        """Return it as the driver reads it."""
        port = self.source_port if self.is_port_told else 0
        return (f'{self.direction} {self.source} {self.to} {self.port} '
                f'{port} {self.interface or "-"} {self.uid} {self.uid}')

    @property
    def family(self):
        return socket.AF_INET6 if ':' in self.to else socket.AF_INET


class Answer:
    """What the kernel did."""

    def __init__(self):
        self.outcome = None  # accept, drop, reject; None: no evidence
        self.note = ''
        self.path = []
        self.reply = []
        self.is_refused_by = None  # the event that dropped it
        self.has_refusal = False  # a reset or an ICMP error was sent
        self.is_refusal_lost = False  # and rules dropped that, too
        self.is_answered = False  # with a SYN/ACK


def _connect(pair, question):
    is_from_host = question.direction == 'out' or not question.interface
    (pair.enter_host if is_from_host else pair.enter_world)()
    if question.uid:
        os.setegid(question.uid)
        os.seteuid(question.uid)
    try:
        sock = socket.socket(question.family, socket.SOCK_STREAM
                             | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    finally:
        if question.uid:
            os.seteuid(0)
            os.setegid(0)
    pair.enter_host()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
    if question.family == socket.AF_INET:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    if not is_from_host:
        space.transparent(sock)
    sock.bind((question.source, question.source_port))
    code = sock.connect_ex((question.to, question.port))
    return sock, code


def _error(sock):
    """Return the errno that the socket has for us, 0 for none."""
    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        return code
    try:
        _, ancillary, _, _ = sock.recvmsg(0, 512, socket.MSG_ERRQUEUE)
    except OSError:
        return 0
    for _, _, data in ancillary:
        return struct.unpack_from('=I', data)[0]
    return 0


def _is_connected(sock):
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


REFUSED = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH,
           errno.EACCES, errno.EPROTO, errno.ENOPROTOOPT, errno.EHOSTDOWN,
           errno.ECONNRESET, errno.ENONET, errno.EOPNOTSUPP)


def _note(answer, port, events):
    """Sort events into the answer."""
    for event in events:
        packet = event.packet
        if packet.ports and packet.is_syn(port):
            path = answer.path
        elif packet.ports and packet.is_answer(port):
            path = answer.reply
            answer.is_answered = True
        elif packet.is_icmp or packet.ports:
            # It is sent while its rule is at work, so it is traced first.
            if packet.is_refusal(port):
                answer.has_refusal = True
                answer.is_refusal_lost |= event.verdict == 'drop'
            continue
        else:
            continue
        if event.is_ours:
            continue
        if not event.is_silent and not answer.is_refused_by:
            path.append(event.text)
        if event.verdict in ('drop', 'stolen') and not answer.is_refused_by:
            answer.is_refused_by = event


def _wait(answer, sock, trace):
    """Return how long silence is to be heard before it counts as a drop."""
    if answer.is_refusal_lost:
        return 0
    if answer.has_refusal:
        return REFUSAL_S
    if answer.is_refused_by:
        return INGRESS_S if answer.is_refused_by.family == 'netdev' else 0.002
    return EVIDENCE_S


def ask(pair, trace, question):
    """Connect, and return the Answer of the kernel."""
    answer = Answer()
    trace.read()
    sock, code = _connect(pair, question)
    begun = time.monotonic()
    poll = select.poll()
    poll.register(sock, select.POLLOUT | select.POLLERR | select.POLLHUP)
    poll.register(trace, select.POLLIN)
    if code not in (0, errno.EINPROGRESS):
        answer.note = errno.errorcode.get(code, str(code))
        answer.outcome = 'reject' if code in REFUSED else None
    while True:
        _note(answer, question.source_port, trace.read())
        if answer.outcome:
            break
        code = _error(sock)
        if code:
            answer.note = errno.errorcode.get(code, str(code))
            _note(answer, question.source_port, trace.read())
            # Refused after it stood: that is about what comes next, which is
            # not asked for.
            answer.outcome = (
                'accept' if answer.is_answered and not answer.is_refused_by
                else 'reject' if code in REFUSED else 'drop')
            continue
        if _is_connected(sock):
            answer.outcome = 'accept'
            continue
        left = begun + _wait(answer, sock, trace) - time.monotonic()
        if left <= 0:
            if answer.is_refused_by:
                answer.outcome = 'drop'
                if answer.is_refusal_lost:
                    answer.note = 'the refusal was dropped'
            break
        poll.poll(max(1, int(left * 1000)))
    sock.close()
    return answer
