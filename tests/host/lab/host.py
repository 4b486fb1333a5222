"""A mail host: systemd, Postfix and all, booted from the base in a second.

    with Host(deb='mailfix.deb') as host:
        host.boot()
        host.run('postqueue -p')
        host.mailfix('--dry-run').finding('throttled', 'big.test')

Its file system is an overlay over the base and the package's layer; its
network is a namespace of its own. It can be changed before it boots: run()
and the file helpers work then too, in a chroot.
"""

import os
import re
import shlex
import time
import uuid
from pathlib import Path

from lab import base, machine, net, proc, trace
from lab.files import Files
from lab.report import Report
from lab.slot import Slot, closed_on_failure
from lab.terminal import Terminal

ADDRESSES = ('192.0.2.10', '2001:db8::10')

_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

# systemd-nspawn's own filter hides Landlock from what runs in it.
_LANDLOCK = ('landlock_create_ruleset landlock_add_rule '
             'landlock_restrict_self')

# Postfix's retry clock, about 30 times as fast: hours pass in minutes.
FAST_RETRIES = {'minimal_backoff_time': '10s', 'maximal_backoff_time': '130s',
                'queue_run_delay': '10s'}

# Playbooks that judge the DNS begin with these; mx-moved judges throttles.
_DNS_AREAS = ('mx', 'spf', 'ptr', 'helo', 'dkim', 'dmarc', 'mtasts', 'tlsrpt',
              'dane', 'dnsbl')
_PLAYBOOKS = Path(__file__).parents[3] / 'playbooks'

_open_hosts = {}


def open_hosts():
    """Return the hosts of this process that have not been closed."""
    return list(_open_hosts.values())


class Host(Files):
    """One host. The constructor prepares it, boot() starts it."""

    def __init__(self, name=base.NAME, *, world=None, addresses=ADDRESSES,
                 second=(), deb=None, has_firewalls=False, has_signer=False,
                 landlock=True, on_disk=False, size='2g', resolver=None,
                 judges_dns=False, main_cf=None):
        """Prepare a host.

        world      the World it is connected to; None: to nothing
        addresses  of its eth0, from the hosts' network (see net.py)
        second     addresses of an eth1, from the second network; with a world
        deb        a package to have installed, usually the one under test
        has_firewalls  ufw, firewalld, fail2ban and iptables are installed
        has_signer  OpenDKIM is installed, and waits to be set up
        landlock   False hides Landlock from its services, as containers do
        on_disk    keep its changes on disk instead of in memory
        size       how much memory its changes may take
        resolver   name server for resolv.conf; default the world's, else none
        judges_dns  it has zones of its own, and a test is about them
        main_cf    Postfix parameters to set
        """
        machine.require_hosts()
        self.name = name
        self.address = addresses[0]
        self._landlock = landlock
        self._leader = None
        self._booted_at = 0
        lower = base.layers(deb, has_firewalls, has_signer)
        self.slot = Slot()
        self.tree = self.slot.dir / 'root'
        _open_hosts[self.slot.name] = self
        with closed_on_failure(self):
            self._mount_tree(lower, None if on_disk else size)
            self.slot.add_netns()
            if world:
                world.plug(self.slot.netns, addresses)
            else:
                net.plug(self.slot.netns, addresses)
            if second:
                world.plug_second(self.slot.netns, second)
            resolver = resolver or (net.GATEWAY if world else '127.0.0.1')
            self._write_identity(resolver)
            if not judges_dns:
                self._mask_dns()
            self.postconf(myhostname=name, **(main_cf or {}))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.trace_state()
        self.close()

    def close(self):
        """End the host and remove all of it."""
        self._leader = None
        _open_hosts.pop(self.slot.name, None)
        self.slot.close()

    # Life

    def boot(self):
        """Boot the host; return it when systemd has finished starting."""
        self._age('etc/postfix/main.cf')
        landlock = ([f'--system-call-filter={_LANDLOCK}'] if self._landlock
                    else [])
        container = self.slot.daemon('console', [
            'systemd-nspawn', '--quiet', f'--directory={self.tree}',
            f'--machine={self.slot.netns}', f'--hostname={self.name}',
            f'--network-namespace-path=/run/netns/{self.slot.netns}',
            '--capability=CAP_NET_ADMIN', '--register=no', '--keep-unit',
            '--resolv-conf=off', '--timezone=off', '--link-journal=no',
            '--notify-ready=yes', *landlock, '--boot'],
            env={**os.environ, 'SYSTEMD_NSPAWN_UNIFIED_HIERARCHY': '1'})
        told = container.await_ready(timeout_s=90)
        self._leader = int(told['X_NSPAWN_LEADER_PID'])
        state = self.run('systemctl is-system-running').stdout.strip()
        if state not in ('running', 'degraded'):
            raise proc.CommandFailed(f'{self.name} is {state}, not running')
        self._booted_at = int(time.time())
        return self

    def run(self, command, *, user='root', stdin=b'', timeout_s=60, env=None,
            as_unit=False, traced=True):
        """Run a command on the host and return its proc.Result.

        command    a list of words, or a line for bash
        as_unit    run it as a child of the host's systemd, under the filter
                   and in a control group like a service; otherwise it enters
                   from outside, which is quicker
        traced     note it in the trace

        Either way it has a clean environment and no more capabilities than
        the host.
        """
        argv = (['bash', '-c', command] if isinstance(command, str)
                else [str(word) for word in command])
        env = {'LANG': 'C.UTF-8', **(env or {})}
        shown = [command] if isinstance(command, str) else argv
        return proc.run([*self._enter(user, env if as_unit else None), *argv],
                        stdin=stdin, timeout_s=timeout_s, shown=shown,
                        env={'PATH': _PATH, 'HOME': '/root', **env},
                        where=f'{user}@{self.name}' if traced else None)

    def sh(self, command, **options):
        """Run a command that must succeed and return what it printed."""
        return self.run(command, **options).check().stdout

    def terminal(self, command, *, columns=80, env=None):
        """Start a command at a terminal and return its Terminal.

        command  a list of words, or a line for bash
        """
        argv = (['bash', '-c', command] if isinstance(command, str)
                else command)
        env = {'PATH': _PATH, 'HOME': '/root', 'LANG': 'C.UTF-8',
               'TERM': 'xterm', **(env or {})}
        # On the host itself the command gets a session of its own, so that
        # Ctrl-C ends nothing else.
        return Terminal([*self._enter('root'), 'setsid', '--ctty', *argv],
                        command, env, columns)

    def outside(self, path):
        """Return a path by which this machine reaches a file of the host.

        Only for what no link leads to; the file helpers work always.
        """
        root = f'/proc/{self._leader}/root' if self._leader else self.tree
        return Path(f'{root}{path}')

    @property
    def leader(self):
        """The process of its init, as this machine counts them."""
        return self._leader

    def enter_command(self):
        """Return the line that gives a person a shell on the host."""
        return shlex.join([*self._enter('root'), 'bash'])

    def trace_state(self):
        """Note in the trace what a person would look at after a failure.

        That is the journal since the host was up, or all of it and the
        console if it did not boot.
        """
        trace.note(f'journal of {self.name}', proc.run(
            ['journalctl', '--no-pager', '--quiet', '--output=short-iso',
             f'--since=@{self._booted_at}',
             f'--directory={self.tree}/var/log/journal']).stdout)
        console = self.slot.dir / 'console.log'
        if not self._booted_at and console.exists():
            trace.note(f'console of {self.name}',
                       console.read_text(errors='replace')[-4000:])

    # What runs on it

    def mailfix(self, *arguments, **options):
        """Run mailfix with --format json; return its Report.

        options  as of run()
        """
        result = self.run(['/usr/sbin/mailfix', '--format', 'json',
                           *arguments], **options)
        return Report(result)

    def postconf(self, **parameters):
        """Set Postfix parameters; what reads them must be told separately."""
        self.sh(['postconf', '-e', *(f'{name} = {value}' for name, value
                                     in parameters.items())])

    # Within

    def _mount_tree(self, lower, memory):
        upper_home = self.slot.dir / 'changes'
        if memory:
            upper_home.mkdir()
            proc.run(['mount', '-t', 'tmpfs', '-o', f'size={memory}',
                      'mailfix-lab', upper_home]).check()
        base.mount_overlay(self.tree, lower, upper_home)

    def _write_identity(self, resolver):
        domain = self.name.partition('.')[2]
        files = {'/etc/hostname': f'{self.name}\n',
                 '/etc/mailname': f'{domain}\n',
                 '/etc/hosts': base.hosts_file(self.name),
                 '/etc/machine-id': f'{uuid.uuid4().hex}\n',
                 '/etc/resolv.conf': f'nameserver {resolver}\n'}
        for path, text in files.items():
            (self.tree / path[1:]).write_text(text)

    def _mask_dns(self):
        """Do without the playbooks that judge the DNS.

        Most hosts have no zone there, and some no name server: what is found,
        and what is not known, is true and says nothing about their tests.
        """
        folder = self.tree / 'etc/mailfix/playbooks'
        for area in _DNS_AREAS if folder.is_dir() else ():
            for path in _PLAYBOOKS.glob(f'{area}-*.ini'):
                if path.stem != 'mx-moved':
                    (folder / path.name).symlink_to('/dev/null')

    def _age(self, name):
        """Make a file a minute old: Postfix waits while main.cf is new."""
        then = time.time() - 60
        os.utime(self.tree / name, (then, then), follow_symlinks=False)

    def _enter(self, user, unit_env=None):
        """Return the words to put before a command that runs on the host.

        unit_env  the environment of a unit to run it as; None: no unit
        """
        switch = [] if user == 'root' else ['runuser', '-u', user, '--']
        if not self._leader:
            return ['chroot', self.tree, *switch]
        into = ['nsenter', '--all', f'--target={self._leader}', '--',
                'setpriv', f'--bounding-set={self._capabilities()}', '--']
        if unit_env is None:
            return [*into, *switch]
        return [*into, 'systemd-run', '--quiet', '--wait', '--pipe',
                '--collect', f'--uid={user}',
                *(f'--setenv={name}={value}'
                  for name, value in unit_env.items()), '--']

    def _capabilities(self):
        """Return the capabilities of the host's init, as for setpriv(1)."""
        status = Path(f'/proc/{self._leader}/status').read_text()
        mask = int(re.search(r'^CapBnd:\t(\w+)$', status, re.M)[1], 16)
        held = [f'+cap_{number}' for number in range(mask.bit_length())
                if mask >> number & 1]
        return ','.join(['-all', *held])
