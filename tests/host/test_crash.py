"""kill -9 of the actor at 100 moments of a fixing run.

Afterwards the host is in the old state or in the new one, the audit log
verifies, and the next run settles what was open.
"""

from lab import queue
from lab.case import LabCase

MOMENTS = 100
PARTS = 4

SPOOL = '/var/spool/postfix'


class Crash(LabCase):
    """A quarter of the moments on each of four hosts."""

    timeout_s = 400

    def setUp(self):
        self.mx = self.host()
        queue.fill(self.mx, 120, domains=['big.test'], bounces=1.0,
                   bounce_ages_s=(200000, 300000), next_try_s=86400)
        queue.fill(self.mx, 200, domains=['big.test'], ages_s=(60, 3000),
                   next_try_s=86400, seed=2)
        self.mail = self.messages()
        self.assertEqual(len(self.mail), 320)

    def messages(self):
        """Return the Message-IDs of all that is in the queue, sorted.

        Not the queue ids: at its start Postfix gives files that came back the
        names of their new inodes.
        """
        return sorted(self.mx.sh(
            f'cd {SPOOL} && grep -rahoiE "message-id: ?<[^>]*>" incoming '
            'active deferred hold 2>/dev/null; true').splitlines())

    def make_sick(self):
        """Make the four problems that one run fixes."""
        # Without the memory of the fixes before, which have to cool down.
        self.mx.sh('rm -f /var/lib/mailfix/state*; '
                   'systemctl stop postfix postfix@-; '
                   'touch -d "1 hour ago" /etc/aliases.db; '
                   f'echo "# old" >> {SPOOL}/etc/hosts; '
                   f'chmod 755 {SPOOL}/bounce')

    def make_well(self):
        """Undo by hand what a run has done to the queue."""
        self.mx.sh('for run in $(ls /var/lib/mailfix/changes/kept 2>/dev/null'
                   ' | sed "s/-[0-9]*$//" | sort -ru); do '
                   'mailfix undo "$run" || exit 1; done')

    def check(self, moment):
        """Assert what must hold right after the crash."""
        audit = self.mx.run('mailfix audit verify')
        self.assertIn(audit.rc, (0,), f'moment {moment}: {audit.stdout}')

    def quarter(self, part):
        """Crash at every fourth moment."""
        self.make_sick()
        calls = self.mx.run('strace -o /root/trace mailfix --yes; '
                            'wc -l < /root/trace')
        total = int(calls.stdout.split()[-1])
        self.assertGreater(total, 500)
        self.make_well()
        left_open = 0
        for moment in range(part, MOMENTS, PARTS):
            self.make_sick()
            at = 1 + moment * total // MOMENTS
            self.mx.run(f'strace -o /dev/null -e trace=all -e inject=all:'
                        f'signal=KILL:when={at} mailfix --yes')
            self.check(moment)
            left_open += bool(self.mx.run(
                'ls /var/lib/mailfix/changes/open').stdout.strip())
            report = self.mx.mailfix('--yes')
            self.assertNotIn(report.document['status'], ('failed',),
                             f'moment {moment}: {report.result}')
            self.assertEqual(self.mx.run(
                'ls /var/lib/mailfix/changes/open').stdout, '')
            self.check(moment)
            self.mx.sh('rm -f /var/lib/mailfix/state*')
            report = self.mx.mailfix('--yes')
            self.assertEqual(report.rc, 0, f'moment {moment}: '
                             f'{report.result}')
            self.make_well()
            self.assertEqual(self.messages(), self.mail, f'moment {moment}')
        return left_open


for _part in range(PARTS):
    def _quarter(self, part=_part):
        self.assertGreater(self.quarter(part), 0)
    setattr(Crash, f'test_quarter_{_part + 1}', _quarter)
