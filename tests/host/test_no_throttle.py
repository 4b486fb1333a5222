"""A provider refuses for what going slower does not cure: advice, no step."""

from lab.policy import (BAD_REPUTATION, GREETING, MAIL, MESSAGE, NO_PTR,
                        SPF_FAILED, Policy)
from lab.sender import CONFIGURATION, SenderCase


class NoThrottle(SenderCase):
    """Many 421s, and nothing that is changed for them."""

    timeout_s = 200

    def advised(self, rules, playbook, advice):
        """Let 200 messages be refused; assert that there is only advice."""
        self.sender(rules)
        self.start_timer()
        self.send(200)
        for _ in range(4):
            self.await_run()
        self.stop_timer()
        # At the greeting Postfix itself soon stops trying.
        self.assertGreaterEqual(self.big.refusals(), 3)
        report = self.mx.mailfix('--dry-run')
        found = [finding for finding in report.document['findings']
                 if finding['item'] == 'big.test']
        self.assertEqual([finding['playbook'] for finding in found],
                         [playbook], report.result)
        self.assertEqual(found[0]['fixes'], [])
        self.assertRegex(found[0]['advice'], advice)
        self.assertEqual(
            self.contents(self.mx.snapshot(CONFIGURATION)),
            self.contents(self.before))
        self.check_healthy_one()

    def test_ptr(self):
        self.advised(Policy(reject={MESSAGE: NO_PTR}), 'deferred-by-auth',
                     r'PTR')

    def test_ptr_at_the_greeting(self):
        self.advised(Policy(reject={GREETING: NO_PTR}), 'deferred-by-auth',
                     r'PTR')

    def test_spf(self):
        self.advised(Policy(reject={MESSAGE: SPF_FAILED}), 'deferred-by-auth',
                     r'SPF')

    def test_reputation(self):
        self.advised(Policy(reject={MAIL: BAD_REPUTATION}),
                     'deferred-by-reputation', r'(?i)postmaster|reputation')
