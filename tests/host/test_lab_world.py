"""The lab's world: real Postfix meets name servers, peers and clients."""

import hashlib
import time

from lab import policy, queue, wait
from lab.case import LabCase
from lab.policy import Policy
from lab.proc import CommandFailed
from lab.world import World

# So fast that a test can wait for the next try. At 1 s Postfix may find a
# message before it has let go of it, and then leaves it for five minutes.
_FAST = {'minimal_backoff_time': '2s', 'maximal_backoff_time': '3s',
         'queue_run_delay': '1s'}


class Names(LabCase):
    """Hosts resolve what the test serves, and nothing else."""

    def test_zones_and_pointers(self):
        world = self.world()
        world.zone('big.test', {'@': ['MX 10 mx'], 'mx': [
            'A 198.51.100.7', 'AAAA 2001:db8:25::7']})
        world.pointer('198.51.100.7', 'mx.big.test')
        world.pointer('2001:db8:25::7', 'mx.big.test')
        mx = self.bare_host(world=world)
        self.assertIn('198.51.100.7', mx.sh('getent ahostsv4 mx.big.test'))
        self.assertIn('2001:db8:25::7', mx.sh('getent ahostsv6 mx.big.test'))
        for address in ('198.51.100.7', '2001:db8:25::7'):
            self.assertIn('mx.big.test', mx.sh(['getent', 'hosts', address]))
        self.assertEqual(mx.run('getent hosts nothing.test').rc, 2)

    def test_zone_can_be_replaced_while_hosts_ask(self):
        world = self.world()
        mx = self.bare_host(world=world)
        for address in ('198.51.100.7', '198.51.100.8'):
            world.zone('big.test', {'mx': [f'A {address}']})
            self.assertIn(address, mx.sh('getent ahostsv4 mx.big.test'))

    def test_signed_zones(self):
        world = self.enterContext(World(signed=['good.test'],
                                        expired=['old.test']))
        world.zones({name: {'@': ['A 198.51.100.7']} for name in (
            'good.test', 'old.test', 'unsigned.test')} | {'broken.test': None})
        for name, told in (('good.test', 'NOERROR.* ad ?'),
                           ('nothing.good.test', 'NXDOMAIN.* ad ?'),
                           ('unsigned.test', 'NOERROR.* ra ?'),
                           ('old.test', 'SERVFAIL.* ra ?'),
                           ('broken.test', 'SERVFAIL.* ra ?')):
            self.assertRegex(world.drill(name), f'(?s)rcode: {told};')

    def test_second_resolver(self):
        world = self.world()
        world.zone('big.test', {'mx': ['A 198.51.100.7']})
        world.resolver('second', '203.0.113.53', [
            'local-zone: "mx.big.test." always_nxdomain'])
        self.assertIn('NXDOMAIN', world.drill('mx.big.test',
                                              resolver='203.0.113.53'))
        self.assertIn('198.51.100.7', world.drill('mx.big.test'))

    def test_resolvers_that_misbehave(self):
        world = self.world()
        world.zone('big.test', {'mx': ['A 198.51.100.7']})
        world.liar('refused', '203.0.113.54')
        world.liar('wrong_id', '203.0.113.55')
        world.liar('rewrites', '203.0.113.56')
        for address, name, told in (
                ('203.0.113.54', 'mx.big.test', 'REFUSED'),
                # drill takes the first answer, whatever its number
                ('203.0.113.55', 'mx.big.test', 'NXDOMAIN'),
                ('203.0.113.56', 'mx.big.test', '198.51.100.7'),
                ('203.0.113.56', 'nothing.test', '203.0.113.252')):
            self.assertIn(told, world.drill(name, resolver=address))

    def test_zone_that_cannot_be_read(self):
        with self.assertRaises(CommandFailed):
            self.world().zone('big.test', {'mx': ['A nonsense']})


class Peers(LabCase):
    """Each policy does to Postfix what it says."""

    timeout_s = 240

    def setUp(self):
        self.lan = self.world()
        self.mx = self.prepared_host(world=self.lan, main_cf=_FAST)

    def peer(self, **policy):
        """Make big.test with a policy, and boot the host that sends to it."""
        peer = self.lan.provider('big.test', Policy(**policy))
        self.mx.boot()
        return peer

    def log(self):
        """Return the host's mail log."""
        return self.mx.read('/var/log/mail.log')

    def await_log(self, text):
        """Wait until the host's mail log holds a text."""
        wait.until(lambda: text in self.log(), what=f'{text!r} in the log')

    def test_accepted_mail_arrives_once_and_whole(self):
        peer = self.peer()
        queued = queue.fill(self.mx, 200, domains=['big.test'], next_try_s=0)
        self.mx.sh('postqueue -f')
        peer.await_messages(200)
        self.assertEqual(
            sorted(message.message_id for message in peer.messages()),
            sorted(message.message_id for message in queued))
        body = '.dot\nline\n'
        queue.sendmail(self.mx, 'a@big.test', f'Subject: x\n\n{body}')
        peer.await_messages(201)
        last = peer.messages()[-1]
        self.assertEqual(last.sha256,
                         hashlib.sha256(body.encode()).hexdigest())
        self.assertEqual((last.sender, last.recipients, last.client),
                         ('sender@example.com', ['a@big.test'], '192.0.2.10'))

    def test_ipv6(self):
        peer = self.lan.provider('six.test', address='2001:db8:25::1')
        self.mx.boot()
        queue.submit(self.mx, 'a@six.test')
        peer.await_messages(1)
        self.assertEqual(peer.messages()[0].client, '2001:db8::10')

    def test_connections(self):
        peer = self.peer(connections=2, message_s=0.02)
        queue.submit(self.mx, 'a@big.test', count=30)
        # the mail system does not slow down by itself, and tries again
        stats = peer.await_messages(30, timeout_s=150)
        self.assertGreater(stats.peak, 2)
        self.assertGreater(stats.said(421), 0)
        self.assertIn('421 4.7.0 Too many concurrent SMTP connections',
                      self.log())

    def test_connections_refused_later_in_the_session(self):
        peer = self.peer()
        for stage, already in (('helo', 0), ('mail', 12)):
            peer.follow(Policy(connections=2, connections_stage=stage,
                               connections_reply='421 4.7.0 busy',
                               message_s=0.01))
            queue.submit(self.mx, 'a@big.test', count=12, numbered=True)
            stats = peer.await_messages(already + 12)
            self.assertGreater(stats.replies[f'{stage} 421'], 0)
            self.assertEqual(stats.served_peak, 2)
        self.assertIn('421 4.7.0 busy (in reply to', self.log())

    def test_messages_of_a_session(self):
        peer = self.peer(session_messages=5)
        self.mx.postconf(default_destination_concurrency_limit='1')
        self.mx.sh('postfix reload')
        queue.submit(self.mx, 'a@big.test', count=30)
        stats = peer.await_messages(30)
        self.assertGreater(stats.replies['mail 421'], 0)
        self.assertGreaterEqual(stats.connections, 6)

    def test_rates_counted_in_other_ways(self):
        peer = self.peer()
        for window, already in (('fixed', 0), ('bucket', 20)):
            peer.follow(Policy(rate=(10, 2), rate_window=window, rate_burst=3,
                               rate_reply='450 4.7.1 too much mail'))
            queue.submit(self.mx, 'a@big.test', count=20)
            stats = peer.await_messages(already + 20)
        self.assertGreater(stats.replies['mail 450'], 0)
        seconds = peer.seconds()
        self.assertEqual(sum(second.taken for second in seconds), 40)
        self.assertEqual(sum(second.refused for second in seconds),
                         stats.said(450))
        self.assertGreaterEqual(max(second.served for second in seconds), 1)

    def test_rate_at_mail_and_after_the_message(self):
        peer = self.peer(rate=(5, 1))
        for stage, already in (('mail', 0), ('message', 10)):
            peer.follow(Policy(rate=(5, 1), rate_stage=stage))
            queue.submit(self.mx, 'a@big.test', count=10)
            stats = peer.await_messages(already + 10)
            self.assertGreater(stats.replies[f'{stage} 421'], 0)
        times = [message.time for message in peer.messages()]
        for first, sixth in zip(times, times[5:]):
            self.assertGreater(sixth - first, 0.5)

    def test_greylisting(self):
        peer = self.peer(greylist_s=0.5)
        queue.submit(self.mx, 'a@big.test')
        stats = peer.await_messages(1)
        self.assertGreaterEqual(stats.replies['rcpt 451'], 1)

    def test_rejection_at_each_stage(self):
        peer = self.peer()
        for stage in policy.STAGES[1:]:
            peer.follow(Policy(reject={stage: f'550 5.7.1 not at {stage}'}))
            queue.submit(self.mx, f'{stage}@big.test')
            self.await_log(f'550 5.7.1 not at {stage}')
        self.assertEqual(peer.stats().messages, 0)

    def test_dropped_connection(self):
        peer = self.peer(drop='mail')
        queue.submit(self.mx, 'a@big.test')
        self.await_log('lost connection with mx.big.test')
        peer.follow(Policy())
        peer.await_messages(1)

    def test_tarpit(self):
        peer = self.peer(delay_s=0.3)
        queue.submit(self.mx, 'a@big.test')
        began = time.monotonic()
        peer.await_messages(1)
        # Greeting, EHLO, MAIL with what is pipelined, and the message.
        self.assertGreater(time.monotonic() - began, 1)

    def test_refusing_and_silent_peers_can_be_revived(self):
        peer = self.peer(listen='refuse')
        self.mx.postconf(smtp_connect_timeout='1s')
        self.mx.sh('postfix reload')
        queue.submit(self.mx, 'a@big.test')
        self.await_log('Connection refused')
        peer.follow(Policy(listen='silent'))
        self.await_log('Connection timed out')
        peer.follow(Policy())
        peer.await_messages(1)
        self.assertEqual(queue.listing(self.mx), [])


class Clients(LabCase):
    """Clients of the world meet what the host's firewall lets through."""

    def test_dial(self):
        world = self.world()
        mx = self.bare_host(world=world)
        mx.sh(['nft', '-f', '-'], stdin="""
            table inet filter {
                chain input {
                    type filter hook input priority 0;
                    tcp dport 25 ip saddr 203.0.113.66 drop
                    tcp dport 25 ip saddr 203.0.113.67 reject with tcp reset
                }
            }""")
        for source, outcome in (('203.0.113.9', 'open'),
                                ('203.0.113.66', 'timeout'),
                                ('203.0.113.67', 'refused')):
            call, = world.dial(mx.address, source=source, timeout_s=1)
            self.assertEqual(call.outcome, outcome)
        calls = world.dial(mx.address, at_once=10)
        self.assertEqual({call.banner[:4] for call in calls}, {'220 '})
        call, = world.dial('2001:db8::10', source='2001:db8:c::9')
        self.assertEqual(call.outcome, 'open')
