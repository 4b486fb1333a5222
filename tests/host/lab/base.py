"""The file system every host starts from, and layers over it.

The base is a small Debian with systemd, Postfix, nftables and the libraries
that mailfix links. A layer holds only what an installation changed: that of a
package under test, of what manages firewalls, or of the world's name servers,
which therefore need not be installed on this machine. All are lower layers of
an overlay, so that no host pays for them again.
"""

import os
import shutil
from pathlib import Path

from lab import apt, proc, store

RELEASE = 'bookworm'

# A host's name until it is given another one.
NAME = 'mx1.example.com'

PACKAGES = (
    # what a mail host is made of
    'systemd', 'systemd-sysv', 'dbus', 'postfix', 'nftables', 'iproute2',
    'rsyslog', 'procps', 'e2fsprogs', 'ca-certificates',
    # what tests use on it
    'strace',
    # what mailfix links
    'libsystemd0', 'libnftnl11', 'libmnl0', 'libldns3', 'libinih1',
    'libjansson4', 'libpcre2-8-0', 'libseccomp2', 'libnettle8', 'libcap2',
    'libssl3',
)

# And what signs their zones.
_NAME_SERVERS = ('nsd', 'unbound', 'ldnsutils')

# What manages firewalls. Nothing of it starts by itself: a test says which.
_FIREWALLS = ('iptables', 'ufw', 'firewalld', 'fail2ban')
_FIREWALL_UNITS = ('ufw.service', 'firewalld.service', 'fail2ban.service')

_ANSWERS = f"""\
postfix postfix/main_mailer_type select Internet Site
postfix postfix/mailname string {NAME.partition('.')[2]}
"""

# What signs mail. A test says how it is set up, and starts it.
_SIGNERS = ('opendkim', 'opendkim-tools')
_SIGNER_UNITS = ('opendkim.service',)

# Of no use in a container, or acting on their own in the middle of a test.
_MASKED = (
    'console-getty.service', 'getty@.service', 'e2scrub_reap.service',
    'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer',
    'e2scrub_all.timer', 'systemd-tmpfiles-clean.timer',
)

_APT_BUILD_CONF = 'etc/apt/apt.conf.d/00build'
_POLICY = 'usr/sbin/policy-rc.d'
_KEEP_SERVICES_DOWN = '#!/bin/sh\nexit 101\n'

_BUILD_TIMEOUT_S = 1200


def hosts_file(name):
    """Return an /etc/hosts for a host of that name."""
    return (f'127.0.0.1\tlocalhost\n127.0.1.1\t{name} {name.split(".")[0]}\n'
            '::1\tlocalhost ip6-localhost\n')


def root():
    """Return the base, a folder; building it takes a minute, once."""
    key = store.key(RELEASE, PACKAGES, _ANSWERS, _MASKED)
    return store.build_once(f'base-{key}', _build_root)


def layers(deb=None, has_firewalls=False, has_signer=False):
    """Return the lower layers for a host, the uppermost first.

    deb            a package to be installed with apt, which gets no network:
                   all it depends on must be in the base
    has_firewalls  with ufw, firewalld, fail2ban and iptables, none enabled
    has_signer     with OpenDKIM, not enabled
    """
    lower = [root()]
    if has_firewalls:
        lower = _more(lower, 'walls', _FIREWALLS, _FIREWALL_UNITS)
    if has_signer:
        lower = _more(lower, 'signer', _SIGNERS, _SIGNER_UNITS)
    if not deb:
        return lower
    content = Path(deb).read_bytes()
    below = [each.name for each in lower]
    layer = store.build_once(
        f'image-{store.key(*below, content)}',
        lambda slot: _layer(slot, lower, lambda tree: _install_deb(
            slot, tree, content)))
    return [layer, *lower]


def name_server_layers():
    """Return the lower layers of the world's name servers."""
    base = root()
    layer = store.build_once(
        f'names-{store.key(base.name, _NAME_SERVERS)}',
        lambda slot: _layer(slot, [base], lambda tree: _install_packages(
            slot, tree, _NAME_SERVERS)))
    return [layer, base]


def _more(lower, kind, packages, units):
    """Return those layers and one with packages, their units disabled."""
    below = [each.name for each in lower]

    def install(slot, tree):
        _install_packages(slot, tree, packages)
        _in_container(slot, tree, ['systemctl', 'disable', '--quiet', *units])

    layer = store.build_once(
        f'{kind}-{store.key(*below, packages, units)}',
        lambda slot: _layer(slot, lower, lambda tree: install(slot, tree)))
    return [layer, *lower]


def mount_overlay(point, lower, upper_home):
    """Mount an overlay on point; what it changes goes below upper_home."""
    for folder in (point, upper_home / 'upper', upper_home / 'work'):
        folder.mkdir(parents=True, exist_ok=True)
    proc.run(['mount', '-t', 'overlay', '-o',
              f'lowerdir={":".join(map(str, lower))}'
              f',upperdir={upper_home}/upper,workdir={upper_home}/work',
              'overlay', point]).check()


def _build_root(slot):
    tree = slot.dir / 'root'
    _debootstrap(tree)
    (tree / 'etc/hosts').write_text(hosts_file(NAME))
    (tree / 'etc/hostname').write_text(f'{NAME}\n')
    _in_container(slot, tree, ['debconf-set-selections'], stdin=_ANSWERS)
    _install_packages(slot, tree, PACKAGES)
    _in_container(slot, tree, ['systemctl', 'mask', '--quiet', *_MASKED])
    return tree


def _debootstrap(tree):
    source = apt.sources(RELEASE)[0]
    keyring = [f'--keyring={source.keyring}'] if source.keyring else []
    proxy = {'http_proxy': apt.proxy()} if apt.proxy() else {}
    proc.run(['debootstrap', '--variant=minbase', *keyring, RELEASE, tree,
              source.uri], env={**os.environ, **proxy},
             timeout_s=_BUILD_TIMEOUT_S).check()


def _layer(slot, lower, install):
    """Return the folder that holds what install(tree) changed of those."""
    tree = slot.dir / 'root'
    mount_overlay(tree, lower, slot.dir)
    install(tree)
    proc.run(['umount', tree]).check()
    return slot.dir / 'upper'


def _install_deb(slot, tree, content):
    # apt-get clean takes it away from there again.
    inside = '/var/cache/apt/archives/package.deb'
    Path(f'{tree}{inside}').write_bytes(content)
    for argv in (_apt_install('install', inside), ['apt-get', 'clean']):
        _in_container(slot, tree, argv, ['--private-network'])


def _install_packages(slot, tree, packages):
    """Install from the machine's mirror; leave nothing but the packages."""
    _open_apt(tree)
    for argv in (['apt-get', 'update'], _apt_install('dist-upgrade'),
                 _apt_install('install', *packages), ['apt-get', 'clean']):
        _in_container(slot, tree, argv)
    _close_apt(tree)


def _open_apt(tree):
    """Let apt in the tree fetch as the machine does, and start nothing."""
    sources = apt.sources(RELEASE)
    for keyring in {source.keyring for source in sources if source.keyring}:
        (tree / keyring[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(keyring, tree / keyring[1:])
    (tree / 'etc/apt/sources.list').write_text(
        ''.join(source.line() + '\n' for source in sources))
    (tree / _APT_BUILD_CONF).write_text(apt.acquire_settings())
    (tree / _POLICY).write_text(_KEEP_SERVICES_DOWN)
    (tree / _POLICY).chmod(0o755)


def _close_apt(tree):
    """Take it away: hosts have no way to a mirror."""
    for name in (_APT_BUILD_CONF, _POLICY, 'etc/resolv.conf'):
        (tree / name).unlink(missing_ok=True)
    (tree / 'etc/apt/sources.list').write_text('')
    shutil.rmtree(tree / 'var/lib/apt/lists')
    (tree / 'var/lib/apt/lists/partial').mkdir(parents=True)


def _apt_install(*words):
    return ['apt-get', '-o', 'Dpkg::Use-Pty=0', '--yes', '--quiet',
            '--no-install-recommends', *words]


def _in_container(slot, tree, argv, options=(), stdin=''):
    """Run argv in the tree, with /proc and devices but without booting it."""
    proxies = [f'--setenv={name}={value}' for name, value in os.environ.items()
               if name.lower().endswith('_proxy')]
    proc.run(slot.inside([
        'systemd-nspawn', '--quiet', '--pipe', '--as-pid2', '--register=no',
        '--keep-unit', f'--directory={tree}', f'--hostname={NAME}',
        f'--machine={slot.netns}', '--timezone=off', '--link-journal=no',
        '--setenv=DEBIAN_FRONTEND=noninteractive', '--setenv=LC_ALL=C.UTF-8',
        *proxies, *options, *argv]),
        stdin=stdin, timeout_s=_BUILD_TIMEOUT_S, shown=argv).check()
