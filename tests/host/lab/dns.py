"""The world's DNS: NSD with the zones of the test, unbound in front of it.

NSD has the root zone too, so unbound asks nobody else. Hosts ask unbound. Both
run in a root of their own, in which the slot's folder has the same path.

Zones may be signed. Each of those is a trust anchor of unbound's, which saves
the chain from the root; all others are insecure. Once the root is signed it
must delegate what is not.
"""

import collections
import ipaddress

from lab import base, net, proc

# Where NSD listens: one of the world's own addresses.
_AUTHORITY = '198.51.100.254'

_NSD_CONF = """\
server:
    ip-address: {authority}
    server-count: 1
    username: ""
    database: ""
    zonesdir: "{dir}"
    zonelistfile: "{dir}/nsd.zones"
    xfrdfile: "{dir}/nsd.xfrd"
    pidfile: ""
remote-control:
    control-enable: no
"""

_NSD_ZONE = """\
zone:
    name: "{name}"
    zonefile: "{name}zone"
"""

# Unbound holds these to be empty unless told otherwise.
_NOT_EMPTY = ('test.', 'invalid.', '2.0.192.in-addr.arpa.',
              '100.51.198.in-addr.arpa.', '113.0.203.in-addr.arpa.',
              '8.b.d.0.1.0.0.2.ip6.arpa.')

_UNBOUND_CONF = """\
server:
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
    username: ""
    chroot: ""
    directory: "{dir}"
    use-syslog: no
    module-config: "{modules}"
    qname-minimisation: no
    target-fetch-policy: "0 0 0 0 0"
{more}
remote-control:
    control-enable: yes
    control-interface: {dir}/{name}.ctl
    control-use-cert: no
stub-zone:
    name: "."
    stub-addr: {authority}
    stub-prime: no
"""

_ZONE_HEAD = """\
$ORIGIN {name}
$TTL 60
@ SOA ns.world.test. hostmaster.world.test. 1 3600 600 86400 5
@ NS ns.world.test.
"""

# Signatures of another time.
_EXPIRED = ('-i', '20190101000000', '-e', '20190201000000')


class Dns:
    """The two name servers of one world."""

    def __init__(self, slot, signed=(), expired=()):
        """Start them, with nothing but a root zone.

        signed   names of zones that are signed, once there is such a zone
        expired  the same, with signatures that are no longer valid
        """
        self._slot = slot
        self._tree = slot.dir / 'names'
        base.mount_overlay(self._tree, base.name_server_layers(), slot.dir)
        inside = self._tree / slot.dir.relative_to('/')
        inside.mkdir(parents=True)
        proc.run(['mount', '--bind', slot.dir, inside]).check()
        self._zones = {'.': {'ns.world.test.': [f'A {_AUTHORITY}']}}
        self._pointers = collections.defaultdict(list)
        self._nsd = None
        self._resolvers = []
        self._expired = {_absolute(name) for name in expired}
        self._keys = {_absolute(name): self._make_key(name)
                      for name in (*signed, *expired)}
        self._start_nsd()
        self.resolve('unbound', (net.GATEWAY, net.GATEWAY6))

    def add(self, zones=None, pointers=None):
        """Serve more, from now on.

        zones     {zone: {owner: [record, ...]}}, see World.zone(); a zone
                  replaces what was served by that name; None instead of
                  owners: NSD cannot read it, and answers SERVFAIL
        pointers  {address: name} for the reverse zones; what zones has for
                  'arpa' is added to them
        """
        zones = {_absolute(name): records
                 for name, records in (zones or {}).items()}
        self._pointers.update(zones.pop('arpa.', {}))
        self._zones.update(zones)
        for address, name in (pointers or {}).items():
            owner = ipaddress.ip_address(address).reverse_pointer + '.'
            self._pointers[owner] = [f'PTR {name}.']
        self._zones['arpa.'] = self._pointers
        self._nsd.stop()
        self._start_nsd()
        # Hosts go on asking them meanwhile: they must not be restarted.
        for name in self._resolvers:
            for command in (['flush_zone', '.'], ['flush_infra', 'all']):
                proc.run(['chroot', self._tree, 'unbound-control', '-c',
                          self._slot.dir / f'{name}.conf', *command]).check()

    def resolve(self, name, addresses, settings=()):
        """Start a resolver, unbound, on addresses of the world.

        settings  lines for the server section of its unbound.conf
        """
        more = [*(f'interface: {address}' for address in addresses),
                *(f'local-zone: "{zone}" nodefault' for zone in _NOT_EMPTY),
                *(f'trust-anchor-file: "{key}.key"'
                  for key in self._keys.values()), *settings]
        self._start(name, _UNBOUND_CONF.format(
            name=name, dir=self._slot.dir, authority=_AUTHORITY,
            modules='validator iterator' if self._keys else 'iterator',
            more='\n'.join(f'    {line}' for line in more)),
            ['unbound', '-dp'])
        self._resolvers.append(name)

    def drill(self, *words):
        """Ask with drill(1), e.g. 'big.test', 'MX', '@192.0.2.1'."""
        return proc.run(net.inside(self._slot.netns, [
            'chroot', self._tree, 'drill', *words])).check().stdout

    def _make_key(self, zone):
        """Make the one key of a zone; return its files' name without .key."""
        made = proc.run([
            'chroot', self._tree, 'sh', '-c',
            'cd "$0" && ldns-keygen -k -a ECDSAP256SHA256 "$1"',
            self._slot.dir, zone]).check()
        return self._slot.dir / made.stdout.strip()

    def _sign(self, name, file):
        """Sign a zone's file, in its place."""
        times = _EXPIRED if name in self._expired else ()
        proc.run(['chroot', self._tree, 'ldns-signzone', *times, '-f', file,
                  file, self._keys[name]]).check()

    def _start_nsd(self):
        conf = _NSD_CONF.format(authority=_AUTHORITY, dir=self._slot.dir)
        for name, records in self._zones.items():
            conf += _NSD_ZONE.format(name=name)
            if records is None:
                continue
            lines = [f'{owner} {record}\n' for owner, records in
                     records.items() for record in records]
            file = self._slot.dir / f'{name}zone'
            file.write_text(_ZONE_HEAD.format(name=name) + ''.join(lines))
            if name in self._keys:
                self._sign(name, file)
        self._nsd = self._start('nsd', conf, ['nsd', '-d'])
        # What it cannot read it leaves out, and starts.
        if ' errors' in self._nsd.log():
            raise proc.CommandFailed(self._nsd.log())

    def _start(self, name, conf, argv):
        file = self._slot.dir / f'{name}.conf'
        file.write_text(conf)
        daemon = self._slot.daemon(name, net.inside(
            self._slot.netns, ['chroot', self._tree, *argv, '-c', file]))
        daemon.await_ready()
        return daemon


def _absolute(name):
    return name.rstrip('.') + '.'
