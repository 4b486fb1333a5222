"""A host that sends to a provider with a limit, and mailfix from its timer.

    class Limited(SenderCase):
        def test_it_adapts(self):
            self.sender(Policy(connections=2, message_s=WORK_S))
            self.start_timer()
            self.send(2000)
            self.await_delivered(timeout_s=100)
            self.assertLess(self.big.refusals(self.run_time(2)), 30)
            self.check_nothing_lost()

The provider is big.test. A second one, good.test, accepts everything and gets
two messages each second: what is done about big.test must not be felt there.
"""

import collections
import re
import time

from lab import queue, wait
from lab.case import LabCase, package
from lab.host import FAST_RETRIES
from lab.policy import Policy

CONFIGURATION = '/etc/postfix'

# A provider works on each message for a while: two sessions so take about 80
# a second, and 2,000 messages are enough for several runs of the timer.
WORK_S = 0.02

_TIMER = """\
[Timer]
OnBootSec=
OnUnitInactiveSec=
RandomizedDelaySec=0
AccuracySec=50ms
OnActiveSec=0
OnUnitInactiveSec=5
"""

# Mail to good.test. A service of its own, so that it ends with the host.
_STREAM = ('systemd-run --quiet --unit=stream bash -c "while sleep 1; do '
           'smtp-source -N -m 2 -s 2 -l 1000 -f sender@example.com '
           '-t s@good.test 127.0.0.1:25; done"')

# What a message to good.test may take on a busy machine: no step that mailfix
# has, not even a second between two messages, keeps below it for long.
_PROMPT_S = 10


class SenderCase(LabCase):
    """A host with the package, big.test, good.test, and the timer."""

    timeout_s = 480
    measures_time = True

    def sender(self, rules, *, world=None, **options):
        """Boot a host that sends to a provider that follows these rules."""
        self.lan = world or self.world()
        self.big = self.lan.provider('big.test', rules)
        self.good = self.lan.provider('good.test', Policy(message_s=WORK_S))
        self.mx = self.prepared_host(**{
            'world': self.lan, 'deb': package(), 'main_cf': FAST_RETRIES,
            **options})
        self.lan.pointer(self.mx.address, self.mx.name)
        self.mx.boot()
        self.mx.write('/etc/mailfix/mailfix.conf.d/test.ini',
                      '[policy]\nauto = safe\n', mode='644')
        self.before = self.mx.snapshot(CONFIGURATION)
        self.sent_at = None
        self.wanted = collections.Counter()

    def start_timer(self):
        """Let mailfix's own timer run each 5 s; return after its first run."""
        self.mx.write('/etc/systemd/system/mailfix.timer.d/test.conf', _TIMER)
        self.mx.sh('systemctl daemon-reload && '
                   'systemctl restart mailfix.timer')
        self.await_run()

    def stop_timer(self):
        """Let no further run begin, and the present one end."""
        self.mx.sh('systemctl stop mailfix.timer')
        wait.until(lambda: self.mx.run(
            'systemctl is-active mailfix.service').stdout.strip() in (
                'inactive', 'failed'), timeout_s=60, what='the end of a run')

    def await_run(self):
        """Wait until one more run has ended."""
        before = len(self._journal('Finished'))
        wait.until(lambda: len(self._journal('Finished')) > before,
                   timeout_s=60, what='a run')

    def run_time(self, number):
        """Return when the nth run since the mail was sent began."""
        times = [begun for begun in self._journal('Starting')
                 if begun >= self.sent_at]
        return times[number - 1]

    def send(self, count):
        """Send messages to big.test, each to a recipient of its own."""
        self._begin()
        name = f'b{len(self.wanted)}@big.test'
        self.wanted.update(f'{number}{name}' for number in range(1, count + 1))
        queue.submit(self.mx, name, count=count, numbered=True)

    def have_queued(self, count):
        """Let messages to big.test wait in the queue and be tried now.

        That is how thousands come without as many lines in the log.
        """
        self._begin()
        for each in queue.fill(self.mx, count, domains=['big.test'],
                               next_try_s=0):
            self.wanted.update(each.recipients)
        self.mx.sh('postqueue -f')

    def await_delivered(self, count=None, *, timeout_s):
        """Wait for messages at big.test, all by default; return the seconds
        from the first submission to the last of them."""
        count = count or self.wanted.total()
        left_s = self.sent_at + timeout_s - time.time()
        self.big.await_messages(count, timeout_s=max(left_s, 0))
        times = sorted(message.time for message in self.big.messages())
        return times[count - 1] - self.sent_at

    def check_nothing_lost(self):
        """Assert that each message has come to big.test, once."""
        got = collections.Counter(
            recipient for message in self.big.messages()
            for recipient in message.recipients)
        self.assertEqual(got, self.wanted)

    def check_healthy_one(self):
        """Assert that mail to good.test was never slowed down."""
        # Not mail.log: journald passes on only what rsyslog can take at once.
        log = self.mx.sh('journalctl --no-pager -q -o short-iso --grep '
                         '"@good.test>.* status="', traced=False)
        lines = log.splitlines()
        self.assertGreater(len(lines), (time.time() - self.sent_at) / 2)
        for line in lines:
            self.assertIn(' status=sent ', line)
            self.assertLess(float(re.search(r' delay=([\d.]+)', line)[1]),
                            _PROMPT_S, line)
            self.assertIn(' postfix/smtp[', line)
        self.assertNotIn('good.test', self.rows())

    def rows(self):
        """Return the rows of mailfix's table, {domain: value}."""
        path = f'{CONFIGURATION}/mailfix_transport'
        if not self.mx.exists(path):
            return {}
        return dict(line.split(None, 1)
                    for line in self.mx.read(path).splitlines()
                    if line and not line.startswith('#'))

    def check_undo(self):
        """Undo all runs, the last first; assert that nothing is left of them.
        """
        self.stop_timer()
        while self.mx.run('mailfix undo --last').rc == 0:
            pass
        self.assertEqual(self.contents(self.mx.snapshot(CONFIGURATION)),
                         self.contents(self.before))
        self.mx.sh('mailfix audit verify')

    @staticmethod
    def contents(snapshot):
        """Return what matters of a snapshot: all but times of change."""
        return {path: (entry.kind, entry.mode, entry.uid, entry.gid,
                       entry.target, entry.sha256)
                for path, entry in snapshot.items()}

    def _begin(self):
        if self.sent_at is None:
            self.mx.sh(_STREAM)
            self.sent_at = time.time()

    def _journal(self, word):
        """Return the times at which systemd said that of mailfix's runs."""
        text = self.mx.sh(
            ['journalctl', '--no-pager', '-q', '-o', 'short-unix', '-u',
             'mailfix.service'], traced=False)
        return [float(time) for time in re.findall(
            rf'^([\d.]+) .*systemd\[1\]: {word} ', text, re.M)]
