"""The world's DNS: NSD with the zones of the test, unbound in front of it.

NSD has the root zone too, so unbound asks nobody else. Hosts ask unbound. Both
run in a root of their own, in which the slot's folder has the same path.
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
    interface: {gateway}
    interface: {gateway6}
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
    username: ""
    chroot: ""
    directory: "{dir}"
    use-syslog: no
    module-config: "iterator"
    qname-minimisation: no
    target-fetch-policy: "0 0 0 0 0"
{not_empty}
remote-control:
    control-enable: yes
    control-interface: {dir}/unbound.ctl
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


class Dns:
    """The two name servers of one world."""

    def __init__(self, slot):
        """Start them, with nothing but a root zone."""
        self._slot = slot
        self._tree = slot.dir / 'names'
        base.mount_overlay(self._tree, base.name_server_layers(), slot.dir)
        inside = self._tree / slot.dir.relative_to('/')
        inside.mkdir(parents=True)
        proc.run(['mount', '--bind', slot.dir, inside]).check()
        self._zones = {'.': {'ns.world.test.': [f'A {_AUTHORITY}']}}
        self._pointers = collections.defaultdict(list)
        self._nsd = None
        self._start_nsd()
        self._start_unbound()

    def add(self, zones=None, pointers=None):
        """Serve more, from now on.

        zones     {zone: {owner: [record, ...]}}, see World.zone(); a zone
                  replaces what was served by that name
        pointers  {address: name} for the reverse zones
        """
        self._zones.update({name.rstrip('.') + '.': records
                            for name, records in (zones or {}).items()})
        for address, name in (pointers or {}).items():
            owner = ipaddress.ip_address(address).reverse_pointer + '.'
            self._pointers[owner] = [f'PTR {name}.']
        self._zones['arpa.'] = self._pointers
        self._nsd.stop()
        self._start_nsd()
        # Hosts go on asking unbound meanwhile: it must not be restarted.
        for command in (['flush_zone', '.'], ['flush_infra', 'all']):
            proc.run(['chroot', self._tree, 'unbound-control', '-c',
                      self._slot.dir / 'unbound.conf', *command]).check()

    def _start_nsd(self):
        conf = _NSD_CONF.format(authority=_AUTHORITY, dir=self._slot.dir)
        for name, records in self._zones.items():
            lines = [f'{owner} {record}\n' for owner, records in
                     records.items() for record in records]
            (self._slot.dir / f'{name}zone').write_text(
                _ZONE_HEAD.format(name=name) + ''.join(lines))
            conf += _NSD_ZONE.format(name=name)
        self._nsd = self._start('nsd', conf, ['nsd', '-d'])

    def _start_unbound(self):
        not_empty = ''.join(f'    local-zone: "{name}" nodefault\n'
                            for name in _NOT_EMPTY)
        self._start('unbound', _UNBOUND_CONF.format(
            gateway=net.GATEWAY, gateway6=net.GATEWAY6, dir=self._slot.dir,
            authority=_AUTHORITY, not_empty=not_empty), ['unbound', '-dp'])

    def _start(self, name, conf, argv):
        file = self._slot.dir / f'{name}.conf'
        file.write_text(conf)
        daemon = self._slot.daemon(name, net.inside(
            self._slot.netns, ['chroot', self._tree, *argv, '-c', file]))
        daemon.await_ready()
        return daemon
