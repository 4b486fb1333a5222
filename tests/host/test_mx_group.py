"""Two domains at the same mail servers share the limit of their provider."""

import time

from lab import queue, wait
from lab.policy import MAIL, Policy
from lab.sender import SenderCase

# Long enough for the sessions of both to meet; two sessions take 20 a second.
_WORK_S = 0.1

_EACH = 500

# What was under way before goes on as before, each session for itself; then a
# step or two down, on a busy machine more.
_RUNS_UNTIL_SHARED = 12


class SameServers(SenderCase):
    """big.test and small.test at one server that allows two sessions."""

    def test_they_share_its_limit(self):
        world = self.world()
        world.zone('small.test', {'@': ['MX 10 mx.big.test.']})
        # at MAIL: Postfix by itself would do something about it at the greeting
        self.sender(Policy(connections=2, connections_stage=MAIL,
                           message_s=_WORK_S), world=world)
        self.start_timer()
        self.send(_EACH)
        queue.submit(self.mx, 's@small.test', count=_EACH, numbered=True)
        self.wanted.update(f'{number}s@small.test'
                           for number in range(1, _EACH + 1))
        wait.until(self.are_together, timeout_s=60, what='one row for both')
        self.assertTrue(any(self.is_kept()
                            for _ in range(_RUNS_UNTIL_SHARED)))
        self.check_healthy_one()
        self.check_undo()
        self.big.follow(Policy())
        self.mx.sh('postqueue -f')
        self.await_delivered(timeout_s=400)
        self.check_all_came()

    def test_one_moves_away(self):
        world = self.world()
        world.zone('small.test', {'@': ['MX 10 mx.big.test.']})
        self.sender(Policy(connections=1, message_s=_WORK_S), world=world)
        self.start_timer()
        self.send(_EACH)
        queue.submit(self.mx, 's@small.test', count=_EACH, numbered=True)
        wait.until(self.are_together, timeout_s=60, what='one row for both')
        world.zone('small.test', {'@': ['MX 10 mx.good.test.']})
        wait.until(lambda: '[' not in self.rows().get('small.test', ''),
                   timeout_s=30, what='its own name in the row')
        wait.until(lambda: any('small.test' in recipient
                               for message in self.good.messages()
                               for recipient in message.recipients),
                   timeout_s=60, what='mail at its new server')

    def is_kept(self):
        """Tell whether hardly anything is refused during the next two runs."""
        began = time.time()
        self.await_run()
        self.await_run()
        refused, taken = self.big.refusals(began), self.big.taken(began)
        print(f'together: {refused} refusals for {taken} messages')
        return refused < 0.05 * taken

    def check_all_came(self):
        """Assert that each message has come.

        The way back took our transports away while they delivered: of what
        was on the wire then, Postfix does not know that it was taken.
        """
        got = {recipient for message in self.big.messages()
               for recipient in message.recipients}
        self.assertEqual(got, set(self.wanted))

    def are_together(self):
        """Tell whether both rows name the server, at the same speed."""
        rows = self.rows()
        big, small = rows.get('big.test'), rows.get('small.test')
        return big == small and '[mx.big.test]' in (big or '')
