"""What goes wrong on mail hosts, done to a booted host on purpose."""

from lab import queue
from lab.wait import until

_DAY_S = 86400

# A host of the lab has the processors, the memory and the clock of the machine
# it runs on: how busy those are says nothing about the test.
_OF_THE_MACHINE = ('cpu-overload', 'memory-low', 'conntrack-full', 'clock-off')

SITE = '/etc/mailfix'


def ignore_machine(host):
    """Mask the playbooks that judge what the host shares with the machine."""
    mask(host, *_OF_THE_MACHINE)


def configure(host, text, name='test'):
    """Add a piece of configuration to mailfix's own."""
    host.write(f'{SITE}/mailfix.conf.d/{name}.ini', text)


def mask(host, *playbooks):
    """Do without some playbooks."""
    files = ' '.join(f'{SITE}/playbooks/{name}.ini' for name in playbooks)
    host.sh(f'for file in {files}; do ln -sf /dev/null $file; done')


def kill_mta(host):
    """Kill every process of Postfix; postfix.service stays active.

    Waits until systemd has understood it: meanwhile the unit is busy.
    """
    host.sh('systemctl kill --signal=KILL postfix@-')
    until(lambda: host.run('systemctl is-active postfix@-', traced=False
                           ).stdout in ('failed\n', 'inactive\n'),
          what='Postfix is dead')


def age_aliases(host):
    """Edit the aliases two hours ago, without building them."""
    host.sh('newaliases; echo "sales: alice" >> /etc/aliases; '
            'touch -d "3 hours ago" /etc/aliases.db; '
            'touch -d "2 hours ago" /etc/aliases')


def change_resolver(host):
    """Change resolv.conf behind the back of Postfix's chroot."""
    host.write('/etc/resolv.conf', 'nameserver 192.0.2.53\n')


def spoil_modes(host):
    """Let two directories of the queue have modes they must not have."""
    host.sh('chmod 755 /var/spool/postfix/public; '
            'chown root /var/spool/postfix/active')


def add_bounces(host, count=240, mail=320):
    """Put old bounces among other mail that waits."""
    queue.fill(host, count, domains=['gone.test'], bounces=1.0,
               bounce_ages_s=(2 * _DAY_S, 4 * _DAY_S),
               reason='4.4.1 connect to mx.%s: Connection timed out')
    queue.fill(host, mail, domains=8, ages_s=(60, 1800), seed=2)


def waiting(host, state='deferred'):
    """Return how many messages wait in one state, as files."""
    return int(host.sh(f'find /var/spool/postfix/{state} -type f | wc -l'))
