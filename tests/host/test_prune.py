"""Stale bounces: quarantined, brought back, delivered; nothing is lost."""

import collections

from lab import proc, queue, wait
from lab.case import LabCase
from lab.policy import Policy

SPOOL = '/var/spool/postfix'
STALE_S = (200000, 300000)
FRESH_S = (60, 3000)


class Prune(LabCase):
    """3,000 deferred messages, 1,000 of them bounces that are too old."""

    timeout_s = 300

    def setUp(self):
        self.lan = self.world()
        self.peer = self.lan.provider('big.test', Policy(listen='refuse'))
        self.mx = self.host(world=self.lan)

    def sick(self, long_ids):
        """Fill the queue; return (bounces, others)."""
        if long_ids:
            self.mx.postconf(enable_long_queue_ids='yes')
        old = queue.fill(self.mx, 1000, domains=['big.test'], bounces=1.0,
                         bounce_ages_s=STALE_S, several=0.2, seed=1,
                         long_ids=long_ids)
        new = queue.fill(self.mx, 2000, domains=['big.test'], bounces=0.02,
                         ages_s=FRESH_S, bounce_ages_s=FRESH_S, several=0.2,
                         seed=2, long_ids=long_ids)
        return old, new

    def contents(self):
        """Return {path: Entry} of the queue, without times of folders."""
        return {path: entry for path, entry in self.mx.snapshot(
            *(f'{SPOOL}/{state}' for state in (
                'deferred', 'defer', 'hold', 'active', 'bounce'))).items()
                if entry.kind == 'f'}

    def whole_way(self, long_ids):
        """Prune, undo, deliver."""
        old, new = self.sick(long_ids)
        stale = {each.queue_id for each in old}
        before = self.contents()
        report = self.mx.mailfix('--yes', 'stale-bounces')
        finding = report.finding('stale-bounces')
        self.assertEqual((report.rc, finding['state']), (0, 'fixed'),
                         report.result)
        self.assertEqual(queue.ids(self.mx), {each.queue_id for each in new})
        self.mx.sh(['mailfix', 'undo', '--last'])
        after = self.contents()
        self.assertEqual(set(after), set(before))
        for path, entry in before.items():
            self.assertEqual((after[path].sha256, after[path].mode,
                              after[path].uid, after[path].gid),
                             (entry.sha256, entry.mode, entry.uid, entry.gid),
                             path)
        self.assertTrue(stale <= queue.ids(self.mx, state='deferred'))
        self.peer.follow(Policy())
        self.mx.sh(['postqueue', '-f'])
        wait.until(lambda: not queue.listing(self.mx), timeout_s=200,
                   what='an empty queue')
        self.all_arrived(old + new)
        self.mx.sh(['mailfix', 'audit', 'verify'])

    def all_arrived(self, queued):
        """Assert that each recipient of each message got it once."""
        want = collections.Counter(
            (message.message_id, recipient) for message in queued
            for recipient in message.recipients)
        got = collections.Counter(
            (message.message_id, recipient)
            for message in self.peer.messages()
            for recipient in message.recipients)
        self.assertEqual(got, want)

    def test_short_ids(self):
        self.whole_way(long_ids=False)

    def test_long_ids(self):
        self.whole_way(long_ids=True)


class Refused(LabCase):
    """What would empty the queue is not done."""

    def test_more_than_half_of_the_queue_is_left_alone(self):
        mx = self.host()
        queue.fill(mx, 600, domains=['big.test'], bounces=1.0,
                   bounce_ages_s=STALE_S)
        queue.fill(mx, 100, domains=['big.test'], ages_s=FRESH_S, seed=2)
        report = mx.mailfix('--yes', 'stale-bounces')
        self.assertEqual(report.rc, 1, report.result)
        fix, = report.finding('stale-bounces')['fixes']
        self.assertEqual(fix['state'], 'skipped')
        self.assertIn('half', fix['reason'])
        self.assertEqual(len(queue.ids(mx)), 700)


assert proc
