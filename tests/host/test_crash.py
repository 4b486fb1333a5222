"""kill -9 of the actor at 100 moments of a fixing run.

Afterwards the host is in the old state or in the new one, the audit log
verifies, and the next run settles what was open.
"""

from lab import queue
from lab.case import LabCase

MOMENTS = 100
PARTS = 4

SPOOL = '/var/spool/postfix'
AUDIT = '/var/log/mailfix/audit.jsonl'

# A run leaves a record at each step. A moment is so many records into it, and
# some milliseconds more, so that all steps are met, and what is between them.
_KILL = r"""
my ($records, $later_ms) = @ARGV;
open(my $log, '<', 'AUDIT') or die $!;
seek($log, 0, 2);
my $pid = fork();
exec('mailfix', '--yes', '--format', 'json') or die $! if $pid == 0;
my $seen = 0;
my $ended = 0;
while ($seen < $records && !$ended) {
    seek($log, 0, 1);
    $seen++ while <$log>;
    $ended = waitpid($pid, 1) == $pid;
    select(undef, undef, undef, 0.0005);
}
select(undef, undef, undef, $later_ms / 1000);
kill('KILL', $pid) if !$ended;
waitpid($pid, 0) if !$ended;
exit(!$ended && ($? & 127) == 9 ? 0 : 1);
""".replace('AUDIT', AUDIT)


class Crash(LabCase):
    """A quarter of the moments on each of four hosts."""

    timeout_s = 600

    def setUp(self):
        self.mx = self.host()
        self.mx.write('/root/kill.pl', _KILL)
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

    def make_sick(self, command='restart'):
        """Make the problems that one run fixes.

        command  'stop': Postfix does not run, which hides what its queue has
        """
        # Without the memory of the fixes before, which have to cool down.
        self.mx.sh('rm -f /var/lib/mailfix/state*; '
                   'touch -d "1 hour ago" /etc/aliases.db; '
                   f'chmod 755 {SPOOL}/bounce; '
                   f'systemctl {command} postfix@-; '
                   # Its start has put this right.
                   f'echo "# old" >> {SPOOL}/etc/hosts')

    def make_well(self):
        """Bring back by hand what the runs have put away."""
        self.mx.run('for run in $(ls /var/lib/mailfix/changes/kept 2>/dev/null'
                    ' | sed "s/-[0-9]*$//" | sort -ru); do '
                    'mailfix undo "$run"; done', timeout_s=120)

    def still_open(self):
        """Return the changes that no run has brought to an end."""
        return self.mx.sh('ls /var/lib/mailfix/changes/open 2>/dev/null; true'
                          ).split()

    def verified(self, moment):
        """Assert that the audit log is whole."""
        audit = self.mx.run('mailfix audit verify')
        self.assertEqual(audit.rc, 0, f'moment {moment}: {audit.stdout}')

    def records_of_a_run(self, command):
        """Return how many records a whole run leaves."""
        self.make_sick(command)
        before = self.mx.run(['cat', AUDIT]).stdout.count('\n')
        self.mx.run('mailfix --yes', timeout_s=120)
        return self.mx.read(AUDIT).count('\n') - before

    def quarter(self, part):
        """Crash at every fourth moment; return (kills, left open)."""
        records = {}
        for command in ('restart', 'stop'):
            records[command] = self.records_of_a_run(command)
            self.assertGreater(records[command], 12)
            self.make_well()
        kills = left_open = 0
        for moment in range(part, MOMENTS, PARTS):
            command = 'stop' if moment // PARTS % 2 else 'restart'
            self.make_sick(command)
            # Not the last record: the run is over then.
            step, round_ = moment % (records[command] - 1), moment // 40
            kills += self.mx.run(
                ['perl', '/root/kill.pl', str(step), str(round_)],
                timeout_s=120).rc == 0
            self.verified(moment)
            left_open += bool(self.still_open())
            settled = self.mx.mailfix('--yes', timeout_s=120)
            self.assertNotEqual(settled.document['status'], 'failed',
                                f'moment {moment}: {settled.result}')
            self.assertEqual(self.still_open(), [], f'moment {moment}')
            self.verified(moment)
            self.make_well()
            self.assertEqual(self.messages(), self.mail, f'moment {moment}')
        return kills, left_open


for _part in range(PARTS):
    def _quarter(self, part=_part):
        kills, left_open = self.quarter(part)
        # A run may be over before its moment comes, on a machine that stalls.
        print(f'{kills} kills, {left_open} left changes open')
        self.assertGreater(kills, MOMENTS / PARTS * 0.9)
        self.assertGreater(left_open, 3)
    setattr(Crash, f'test_quarter_{_part + 1}', _quarter)
