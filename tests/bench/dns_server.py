"""A name server for benches: it answers from a table, a fixed time later.

Usage: dns_server.py ADDRESS DELAY_MS     (a negative delay: never)
"""

import asyncio
import ipaddress
import struct
import sys

_TYPES = {'A': 1, 'NS': 2, 'PTR': 12, 'MX': 15, 'TXT': 16, 'AAAA': 28}
_QR_RD_RA = 0x8180
_NXDOMAIN = 3

# A domain as many have it: a filter's and a newsletter's SPF, one in the other.
_RECORDS = """\
. NS ns.test
example.test MX 10 mail.example.test
example.test MX 20 backup.example.net.test
example.test TXT v=spf1 mx include:_spf.filter.test include:news.test -all
_dmarc.example.test TXT v=DMARC1; p=quarantine; rua=mailto:d@reports.test
example.test._report._dmarc.reports.test TXT v=DMARC1
s1._domainkey.example.test TXT v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
_mta-sts.example.test TXT v=STSv1; id=1
_smtp._tls.example.test TXT v=TLSRPTv1; rua=mailto:t@example.test
mail.example.test A 192.0.2.10
mail.example.test AAAA 2001:db8::10
mail.example.test TXT v=spf1 a -all
backup.example.net.test A 192.0.2.20
_spf.filter.test TXT v=spf1 include:_spf2.filter.test ~all
_spf2.filter.test TXT v=spf1 ip4:198.51.100.0/24 ~all
news.test TXT v=spf1 a:out.news.test ~all
out.news.test A 198.51.100.7
10.2.0.192.in-addr.arpa PTR mail.example.test
0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR mail.example.test
"""

# Every blocklist has its test entries (RFC 5782), and lists nobody else.
_LISTS = ('zen.spamhaus.org', 'bl.spamcop.net', 'b.barracudacentral.org',
          'psbl.surriel.com', 'bl.mailspike.net', 'dnsbl-1.uceprotect.net')
_TEST_ENTRIES = ('2.0.0.127', '2.0.0.0.0.0.f.7.f.f.f.f' + '.0' * 20)


def _name(text):
    labels = [label.encode() for label in text.strip('.').split('.') if label]
    return b''.join(bytes([len(each)]) + each for each in labels) + b'\0'


def _data(kind, value):
    if kind in ('A', 'AAAA'):
        return ipaddress.ip_address(value).packed
    if kind == 'MX':
        preference, host = value.split()
        return struct.pack('!H', int(preference)) + _name(host)
    if kind == 'TXT':
        return bytes([len(value)]) + value.encode()
    return _name(value)


def _table():
    table = {}
    lines = _RECORDS.splitlines() + [
        f'{entry}.{zone} A 127.0.0.2'
        for zone in _LISTS for entry in _TEST_ENTRIES]
    for line in lines:
        owner, kind, value = line.split(maxsplit=2)
        table.setdefault(_name(owner).lower(), {}).setdefault(
            _TYPES[kind], []).append(_data(kind, value))
    return table


class Server(asyncio.DatagramProtocol):
    """Names below bench.test have an address, all; others are in the table."""

    def __init__(self, delay_ms):
        self._delay_s = delay_ms / 1000
        self._table = _table()

    def connection_made(self, transport):
        self._transport = transport
        self._loop = asyncio.get_running_loop()

    def datagram_received(self, data, addr):
        due = self._loop.time() + self._delay_s
        self._loop.call_at(due, self._transport.sendto, self._reply(data),
                           addr)

    def _reply(self, query):
        end = query.index(0, 12) + 1
        owner = query[12:end].lower()
        kind, = struct.unpack_from('!H', query, end)
        if owner.endswith(b'\x05bench\x04test\0'):
            types = {_TYPES['A']: [b'\xc0\0\2\1']}
        else:
            types = self._table.get(owner)
        found = (types or {}).get(kind, [])
        flags = _QR_RD_RA | (_NXDOMAIN if types is None else 0)
        return (query[:2] + struct.pack('!5H', flags, 1, len(found), 0, 0) +
                query[12:end + 4] + b''.join(
                    b'\xc0\x0c' + struct.pack('!HHIH', kind, 1, 300,
                                              len(data)) + data
                    for data in found))


async def main():
    """Answer until killed."""
    address, delay_ms = sys.argv[1], int(sys.argv[2])
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(
        (lambda: Server(delay_ms)) if delay_ms >= 0
        else asyncio.DatagramProtocol, (address, 53))
    print('ready', flush=True)
    await loop.create_future()


if __name__ == '__main__':
    asyncio.run(main())
