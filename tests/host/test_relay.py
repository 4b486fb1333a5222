"""A host that sends all mail through a relay with a limit: mailfix adapts."""

import collections
import re
import time

from lab import queue, wait
from lab.host import FAST_RETRIES
from lab.policy import GREETING, MAIL, MESSAGE, Policy
from lab.sender import WORK_S, SenderCase

_DOMAINS = 40
_COUNT = 400
_SETTING = 'sender_dependent_default_transport_maps'

# What Amazon SES answers.
_SES = '454 Throttling failure: Maximum sending rate exceeded.'


class Relayed(SenderCase):
    """Mail to many domains, and what the relay takes at a time."""

    def relay(self, rules, **main_cf):
        """Boot a host that sends all mail by way of the provider."""
        main_cf = main_cf or {'relayhost': '[mx.big.test]'}
        self.sender(rules, main_cf={**FAST_RETRIES, **main_cf})
        self.start_timer()

    def send(self, count):
        """Send messages to many domains, as fast as they are taken."""
        self.sent_at = time.time()
        domains = [f'd{number}.test' for number in range(_DOMAINS)]
        for domain in domains:
            name = f'u@{domain}'
            each = count // _DOMAINS
            self.wanted.update(f'{number}{name}'
                               for number in range(1, each + 1))
            queue.submit(self.mx, name, count=each, numbered=True)

    def setting(self):
        """Return what mailfix has set."""
        return self.mx.sh(f'postconf -h {_SETTING}').strip()

    def check_others(self):
        """Bounces go by the step as well; mail for this host does not."""
        for recipient in ('bounce@d1.test', 'root@localhost'):
            queue.submit(self.mx, recipient, sender='')
        wait.until(lambda: {'bounce', 'root'} <= set(self.sent_by()),
                   timeout_s=60, what='both to be delivered')
        self.assertIn('mailfix-', self.sent_by()['bounce'])
        self.assertIn('local', self.sent_by()['root'])

    def sent_by(self):
        """Return by which service each local part was delivered last."""
        log = self.mx.sh('journalctl --no-pager -q --grep "status=sent"',
                         traced=False)
        return {name: service for service, name in re.findall(
            r' postfix/(\S+)\[\d+\]: .* to=<(\w+)@', log)}

    def check(self, most, count=_COUNT):
        """Deliver; so many refusals from the second run on; undo."""
        self.send(count)
        took_s = self.await_delivered(timeout_s=300)
        second = self.run_time(2)
        refused = self.big.refusals(second)
        print(f'{took_s:.1f} s; {refused} refusals from the second run on, '
              f'{self.big.refusals()} in all; '
              f'{collections.Counter(self.sent_by().values())}')
        self.check_nothing_lost()
        self.assertLess(refused, most)
        self.check_others()
        self.assertIn('mailfix-', self.setting())
        self.assertEqual(self.rows(), {})
        self.check_undo()
        self.assertEqual(self.setting(), '')

    def test_at_the_greeting(self):
        self.relay(Policy(connections=2, connections_stage=GREETING,
                          message_s=4 * WORK_S))
        self.check(20)

    def test_at_mail(self):
        self.relay(Policy(connections=2, connections_stage=MAIL,
                          message_s=4 * WORK_S))
        self.check(20)

    def test_the_relay_of_the_default_transport(self):
        self.relay(Policy(connections=2, connections_stage=MAIL,
                          message_s=4 * WORK_S),
                   default_transport='smtp:[mx.big.test]')
        self.check(20)

    def test_messages_a_second(self):
        """What a relay as Amazon SES limits."""
        self.relay(Policy(rate=(8, 1), rate_stage=MESSAGE, rate_reply=_SES,
                          message_s=WORK_S))
        # Up from what it took before the trickle, a step at a time.
        self.check(20, 240)
