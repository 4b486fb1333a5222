"""A provider that allows few sessions, or few messages: mailfix adapts."""

import time

from lab import queue, wait
from lab.host import FAST_RETRIES
from lab.policy import HELO, MAIL, MESSAGE, Policy
from lab.sender import WORK_S, SenderCase

# As an admin would do it who knows the limit beforehand.
_BY_HAND = {**FAST_RETRIES, 'transport_maps': 'inline:{big.test=two:}',
            'two_destination_concurrency_limit': '2'}
_TWO = 'two unix - - y - - smtp\n'


class Sessions(SenderCase):
    """So many sessions at a time."""

    def by_hand(self, rules, count):
        """Return how long messages take with the limit set beforehand."""
        world = self.world()
        peer = world.provider('big.test', rules)
        host = self.prepared_host(world=world, main_cf=_BY_HAND)
        host.sh(['sh', '-c', 'cat >> /etc/postfix/master.cf'], stdin=_TWO)
        host.boot()
        began = time.time()
        queue.submit(host, 'a@big.test', count=count, numbered=True)
        peer.await_messages(count, timeout_s=200)
        self.assertEqual(peer.refusals(), 0)
        host.close()
        return max(message.time for message in peer.messages()) - began

    def adapts(self, rules, most):
        """Deliver 2,000 messages; so many refusals from the 2nd run on."""
        known_s = self.by_hand(rules, 2000)
        self.sender(rules)
        self.start_timer()
        self.send(2000)
        took_s = self.await_delivered(timeout_s=max(4 * known_s, 150))
        refused = self.big.refusals(self.run_time(2))
        print(f'{took_s:.1f} s, by hand {known_s:.1f} s; {refused} refusals '
              f'from the second run on, {self.big.refusals()} in all')
        self.check_nothing_lost()
        self.check_healthy_one()
        self.assertLess(refused, most)
        self.assertLessEqual(took_s, 2 * known_s)
        self.check_undo()

    def test_at_the_greeting(self):
        self.adapts(Policy(connections=2, message_s=WORK_S), 30)

    def test_at_ehlo(self):
        self.adapts(Policy(connections=2, connections_stage=HELO,
                           message_s=WORK_S), 30)

    def test_at_mail(self):
        self.adapts(Policy(connections=2, connections_stage=MAIL,
                           message_s=WORK_S), 30)


class Rates(SenderCase):
    """So many messages a minute."""

    is_waiting = True

    def keeps(self, count, per_minute, share, refused_share, **rules):
        """Deliver messages at that share of the rate, or faster."""
        self.sender(Policy(rate=(per_minute, 60), message_s=WORK_S, **rules))
        self.start_timer()
        self.send(count)
        took_s = self.await_delivered(
            timeout_s=count / per_minute * 60 / share + 30)
        second = self.run_time(2)
        refused = self.big.refusals(second)
        taken = self.big.taken(second)
        print(f'{took_s:.1f} s: {count / took_s * 60 / per_minute:.2f} of the '
              f'rate; {refused} refusals for {taken} messages from the second '
              f'run on, {self.big.refusals()} in all')
        self.check_nothing_lost()
        self.check_healthy_one()
        self.assertLess(refused, refused_share * taken)
        self.assertGreaterEqual(count / took_s * 60, share * per_minute)
        self.check_undo()

    def test_60_a_minute_after_the_message(self):
        self.keeps(300, 60, 0.75, 0.05, rate_stage=MESSAGE)

    def test_60_a_minute_at_mail(self):
        self.keeps(300, 60, 0.75, 0.05, rate_stage=MAIL, rate_window='fixed')

    def test_600_a_minute(self):
        self.keeps(2000, 600, 0.60, 0.2, rate_stage=MESSAGE)


class Changes(SenderCase):
    """The limit is not the same for ever."""

    timeout_s = 900

    def test_2_then_10_then_1(self):
        def rules(sessions):
            return Policy(connections=sessions, message_s=0.1)
        self.sender(rules(2))
        self.start_timer()
        self.have_queued(8000)
        # Before a step up is tried and refused: what was made active for that
        # step would go by it, and no step be measured any more.
        self.await_delivered(300, timeout_s=90)
        self.big.follow(rules(10))
        changed_at = time.time()
        # a step up that two sessions refused just before makes the next wait
        wait.until(lambda: self.rate() >= 0.7 * 10 / 0.1, timeout_s=330,
                   what='70 % of 10 sessions')
        print(f'70 % of 10 sessions after {time.time() - changed_at:.1f} s')
        self.big.follow(rules(1))
        self.await_run()
        self.await_run()
        began = time.time()
        for _ in range(3):
            self.await_run()
        span_s = time.time() - began
        taken, refused = self.big.taken(began), self.big.refusals(began)
        print(f'with one session {taken} messages and {refused} refusals in '
              f'{span_s:.1f} s')
        self.assertLess(refused, 0.1 * taken)
        self.assertGreater(taken / span_s, 0.7 * 1 / 0.1)
        self.check_healthy_one()
        self.big.follow(Policy())
        self.mx.sh('postqueue -f')
        self.await_delivered(timeout_s=450)
        self.check_nothing_lost()
        self.check_undo()

    def rate(self):
        """Return the messages a second of the last ten seconds, now and then.
        """
        time.sleep(1)
        return self.big.taken(time.time() - 10) / 10
