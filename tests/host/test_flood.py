"""An account floods: exactly its messages are held, and nothing is lost."""

import collections

from lab import queue, sasl, wait
from lab.case import LabCase
from lab.policy import RCPT, Policy

_SPOOL = '/var/spool/postfix'

# A flood has 40 messages to these: 800 recipients, half of them unknown.
_MESSAGES = 40
_TAKEN = 10
_UNKNOWN = 10

# Those of others that wait: two times five, the host's own, an answer.
_OTHERS = 12

# It gets no norm in a test's time, and so has to reach what a new one may not.
_LOGIN = 'alice@example.com'


def recipients(number, who):
    """Return those of one message of a flood; the last one has to wait."""
    return ([f'{who}{number}-{i}@big.test' for i in range(_TAKEN)]
            + [f'{who}{number}-{i}@dead.test' for i in range(_UNKNOWN)]
            + [f'{who}{number}@slow.test'])


class Flood(LabCase):
    """A login and a user of the host, among others who send as well."""

    timeout_s = 300

    def setUp(self):
        self.lan = self.world()
        self.big = self.lan.provider('big.test')
        self.lan.provider('dead.test', Policy(reject={
            RCPT: '550 5.1.1 <x>: Recipient address rejected: User unknown'}))
        self.slow = self.lan.provider('slow.test', Policy(reject={
            RCPT: '451 4.3.0 Temporary lookup failure'}))
        self.mx = self.host(world=self.lan, main_cf=sasl.SETTINGS)
        sasl.logins(self.mx)
        self.mx.sh('useradd web')

    def others(self):
        """Send what nobody may hold; one client even by the same address."""
        sasl.send(self.mx, 'bob', 'bob@example.com',
                  [[f'bob{i}@slow.test', f'bob{i}@big.test']
                   for i in range(5)])
        sasl.send(self.mx, '', _LOGIN,
                  [[f'client{i}@slow.test'] for i in range(5)])
        queue.sendmail(self.mx, 'root@slow.test', 'Subject: x\n\nx\n')
        # an answer to a stranger, as a vacation reply is: of no account
        self.mx.sh(['su', 'web', '-s', '/bin/sh', '-c',
                    'printf "Subject: x\\n\\nx\\n" | '
                    "/usr/sbin/sendmail -i -f '<>' null@slow.test"])

    def look(self):
        """Run as an admin would; return the report."""
        return self.mx.mailfix('--yes', 'sender-flood')

    def account(self, key):
        """Return an account's facts, or None."""
        table = self.mx.mailfix('facts', 'account').document['facts'][0]
        return {row['key']: row['values'] for row in table['rows']}.get(key)

    def await_tried(self, count):
        """Wait until so many messages are deferred, and nothing is active."""
        wait.until(lambda: len(queue.ids(self.mx, state='deferred')) == count
                   and not self.mx.sh(f'find {_SPOOL}/active '
                                      f'{_SPOOL}/incoming -type f'),
                   timeout_s=120, what=f'{count} deferred messages')

    def waiting(self, state, begins):
        """Return the ids in a state of those to slow.test's begins...@."""
        return {each['queue_id'] for each in queue.listing(self.mx)
                if each['queue_name'] == state
                and each['recipients'][0]['address'].startswith(begins)}

    def whole_way(self, key, begins, flood):
        """Find it, hold it, let the others go, release it."""
        self.others()
        self.await_tried(_OTHERS)
        self.assertIsNone(self.look().finding('sender-flood'))
        flood()
        self.await_tried(_OTHERS + _MESSAGES)
        facts = self.account(key)
        self.assertEqual(
            (facts['messages'], facts['recipients'], facts['sent'],
             facts['bounced']),
            (_MESSAGES, _MESSAGES * (_TAKEN + _UNKNOWN + 1),
             _MESSAGES * _TAKEN, _MESSAGES * _UNKNOWN))
        ids = self.waiting('deferred', begins)
        self.assertEqual(len(ids), _MESSAGES)
        # seen once: a burst may be over by the next run
        self.look()
        self.assertFalse(queue.ids(self.mx, state='hold'))
        report = self.look()
        finding = report.finding('sender-flood', key)
        self.assertIsNotNone(finding, report.result)
        self.assertEqual(finding['state'], 'fixed', report.result)
        self.assertEqual(queue.ids(self.mx, state='hold'), ids)
        # the others' mail flows
        self.slow.follow(Policy())
        self.mx.sh('postqueue -f')
        wait.until(lambda: queue.ids(self.mx) == ids, timeout_s=60,
                   what='only what is held')
        self.assertFalse([to for to in self.arrived()
                          if to.startswith(begins)])
        # and all of it comes back
        self.mx.sh('mailfix undo --last')
        self.assertFalse(queue.ids(self.mx, state='hold'))
        self.mx.sh('postqueue -f')
        wait.until(lambda: not queue.listing(self.mx), timeout_s=60,
                   what='an empty queue')
        want = collections.Counter(
            [f'bob{i}@slow.test' for i in range(5)]
            + [f'client{i}@slow.test' for i in range(5)]
            + ['root@slow.test', 'null@slow.test']
            + [f'{begins}{i}@slow.test' for i in range(_MESSAGES)])
        self.assertEqual(self.arrived(), want)
        self.mx.sh('mailfix audit verify')

    def arrived(self):
        """Return who got mail at slow.test, and how often."""
        return collections.Counter(
            to for message in self.slow.messages()
            for to in message.recipients)

    def test_login(self):
        self.whole_way(f'login:{_LOGIN}', 'a', lambda: sasl.send(
            self.mx, _LOGIN, _LOGIN,
            [recipients(i, 'a') for i in range(_MESSAGES)]))
        # the table of sender domains has what was submitted here
        table = self.mx.mailfix('facts', 'sender_domain').document['facts'][0]
        self.assertIn('example.com', [row['key'] for row in table['rows']])

    def test_uid(self):
        uid = self.mx.sh('id -u web').strip()
        script = '\n'.join(
            f'printf "Subject: x\\n\\nx\\n" | /usr/sbin/sendmail -i '
            f'-f w@example.com {" ".join(recipients(i, "w"))}'
            for i in range(_MESSAGES))
        self.whole_way(f'uid:{uid}', 'w', lambda: self.mx.sh(
            ['su', 'web', '-s', '/bin/sh', '-c', script], timeout_s=120))
        self.assertEqual(self.account(f'uid:{uid}')['user'], 'web')

    def test_a_newsletter_is_let_go(self):
        readers = [[f'r{i}-{k}@big.test' for k in range(25)]
                   + ([f'r{i}@dead.test'] if i % 2 == 0 else [])
                   for i in range(40)]
        sasl.send(self.mx, 'news', 'news@example.com', readers)
        wait.until(lambda: not queue.listing(self.mx), timeout_s=60,
                   what='an empty queue')
        facts = self.account('login:news')
        self.assertGreater(facts['times'], 10)
        self.assertEqual((facts['sent'], facts['bounced']), (1000, 20))
        for _ in range(3):
            self.assertIsNone(self.look().finding('sender-flood'))
