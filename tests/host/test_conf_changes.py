"""Postfix's configuration changed and put back, byte for byte."""

import re
import threading
from pathlib import Path

from lab import queue, wait
from lab.case import LabCase

# make check-host builds it
_DRIVER = (Path(__file__).parents[2] /
           'build/release/tests/host/drive_change')
_FILES = ('/etc/postfix/main.cf', '/etc/postfix/master.cf')
_TABLE = '/etc/postfix/mailfix_transport'
_STORE = '/var/lib/mailfix/drive'
_MAPS = 'hash:$config_directory/mailfix_transport'
_LOG = '/var/log/mail.log'
_CHANGED = 'has changed -- restarting'

# As the plan of a slow-down orders them: each stands on those before it.
_SERVICES = [f'mailfix-c{n} unix - - y - - smtp '
             f'-o syslog_name=postfix/mailfix-c{n}' for n in (1, 2)]
_SETTINGS = [f'mailfix-c{n}_destination_{what}' for n in (1, 2)
             for what in (f'concurrency_limit = {n}',
                          'concurrency_failed_cohort_limit = 100',
                          'concurrency_positive_feedback = 0.005')]
SERVICES = ('1', 'postfix-service', 'add', 'master.cf', None, '2 services',
            None, *_SERVICES)
SETTINGS = ('2', 'postfix-param', 'add', 'main.cf', None, '6 settings', None,
            *_SETTINGS)
TABLE = ('3', 'map-entry', 'create', 'mailfix_transport', None, 'empty table',
         _TABLE)
MAPS = ('4', 'postfix-param', 'set', 'transport_maps', None, _MAPS,
        'reload both')
PROVISION = (SERVICES, SETTINGS, TABLE, MAPS)


def row(number, domain, before, after):
    """Return the change of one row."""
    return (number, 'map-entry', 'set', f'mailfix_transport: {domain}', before,
            after, _TABLE)


def setting(number, name, before, after, reload=None):
    """Return the change of one parameter."""
    return number, 'postfix-param', 'set', name, before, after, reload


class ConfCase(LabCase):
    """A host, and changes driven by hand."""

    def setUp(self):
        self.big = None
        self.sent = 0
        self.mx = self.make_host()
        self.mx.put(_DRIVER, '/usr/local/sbin/drive_change', mode='755')

    def make_host(self):
        """Boot the host of this test."""
        return self.host()

    def command(self, step, change):
        """Return the driver's command line for a step of a change."""
        number, *words = change
        return ['/usr/local/sbin/drive_change', f'{_STORE}/{number}', step,
                *('NULL' if word is None else word for word in words)]

    def drive(self, step, change):
        """Run a step of a change; return its result."""
        return self.mx.run(self.command(step, change))

    def do(self, step, *changes):
        """Run a step of each, which must succeed."""
        for change in changes:
            result = self.drive(step, change)
            self.assertEqual((result.rc, result.stdout), (0, ''),
                             change)

    def found(self, change):
        """Return where the target of a change stands."""
        return self.drive('look', change).stdout.strip()

    def files(self):
        """Return the bytes of what must come back."""
        return [self.mx.read(path) for path in _FILES]

    def assert_as_before(self, before):
        """Assert that nothing of ours is left in the directory."""
        self.assertEqual(self.files(), before)
        self.assertEqual(self.mx.run('ls -A /etc/postfix | grep -e mailfix '
                                     '-e tmp').stdout, '')

    def asked(self, domain):
        """Return what our table answers for a domain."""
        return self.mx.run(['postmap', '-q', domain,
                            f'hash:{_TABLE}']).stdout.strip()


class Provisioned(ConfCase):
    """Services, settings, the table and its rows."""

    def make_host(self):
        world = self.world()
        self.big = world.provider('big.test')
        return self.host(world=world)

    def way(self):
        """Send a message; return the service it went by."""
        self.sent += 1
        # a new one each time: qmgr remembers the way of the last for 30 s
        queue.submit(self.mx, f'user{self.sent}@big.test')
        self.big.await_messages(self.sent)
        wait.until(lambda: self.mx.read(_LOG).count('status=sent') ==
                   self.sent, what='the log of it')
        last = [line for line in self.mx.read(_LOG).splitlines()
                if 'status=sent' in line][-1]
        return re.search(r' (\S+)/smtp\[', last)[1]

    def comes_by(self, service):
        """Wait until mail goes by a service.

        Each process of Postfix looks every ten seconds whether a table has
        changed.
        """
        seen = self.mx.read(_LOG).count(_CHANGED)
        wait.until(lambda: self.mx.read(_LOG).count(_CHANGED) > seen,
                   what='a look at the table')
        wait.until(lambda: self.way() == service, what=service)

    def test_rows_move_mail_without_reload_and_all_comes_back(self):
        before = self.files()
        first = row('5', 'big.test', None, 'mailfix-c1:')
        second = row('6', 'big.test', 'mailfix-c1:', 'mailfix-c2:')
        self.assertEqual(self.way(), 'postfix')
        self.do('make', *PROVISION)
        self.assertEqual(self.way(), 'postfix')
        self.do('make', first)
        self.comes_by('postfix/mailfix-c1')
        self.do('make', second)
        self.comes_by('postfix/mailfix-c2')
        self.assertEqual(self.mx.read(_LOG).count('reload -- version'), 1)
        # one of Postfix's own is usual: its processes meet while they restart
        self.assertEqual([line for line in self.mx.read(_LOG).splitlines()
                          if 'warning' in line and 'service rewrite' not in
                          line], [])
        self.assertEqual(
            self.mx.sh(f'stat -c "%a %U" {_TABLE} {_TABLE}.db'),
            '644 root\n644 root\n')
        self.assertEqual([self.found(change) for change in PROVISION],
                         ['after'] * 4)

        # somebody else edits, too
        self.mx.postconf(mynetworks='127.0.0.0/8, 192.0.2.0/24')
        self.mx.sh('echo "# mine" >> /etc/postfix/master.cf')
        changed = self.files()

        self.assertIn('is still used',
                      self.drive('undo', SERVICES).stdout)
        self.do('undo', second, first, *reversed(PROVISION))
        self.assertEqual(self.mx.read(_LOG).count('reload -- version'), 2)
        self.assertEqual(self.way(), 'postfix')
        main, master = self.files()
        self.assertEqual(master, before[1] + '# mine\n')
        self.assertEqual(main, changed[0].replace(
            '# Added by mailfix, which owns what follows: `mailfix undo` '
            'removes it.\n', '').replace('\n'.join(_SETTINGS) + '\n', '')
            .replace(f'transport_maps = {_MAPS}\n', ''))
        self.assertNotIn('mailfix', main + master)

    def test_without_other_edits_to_the_byte(self):
        # no newline at the end; a value over several lines
        self.mx.sh("printf 'smtp_bind_address =\\n# why\\n\\n\\t0.0.0.0' "
                   ">> /etc/postfix/main.cf")
        before = self.files()
        self.do('make', *PROVISION, row('5', 'big.test', None, 'mailfix-c1:'))
        self.do('undo', row('5', 'big.test', None, 'mailfix-c1:'),
                *reversed(PROVISION))
        self.assert_as_before(before)


class Spread(ConfCase):
    """A rate that several transports share, and a pause."""

    def test_table_in_a_pipe(self):
        before = self.files()
        maps = (f'pipemap:{{{_MAPS}, inline:{{r2=x}}, '
                f'randmap:{{mailfix-c1:,mailfix-c2:}}}}, {_MAPS}')
        changes = (TABLE, SERVICES, SETTINGS,
                   setting('4', 'transport_maps', None, maps),
                   setting('5', 'defer_transports', None, 'mailfix-c2',
                           'reload both'),
                   row('6', 'big.test', None, 'r2'))
        self.do('make', *changes)
        asked = {self.mx.sh(['postmap', '-q', 'big.test', maps.replace(
            '$config_directory', '/etc/postfix').partition('}, hash')[0] + '}'
            ]).strip() for _ in range(20)}
        self.assertEqual(asked, {'mailfix-c1:', 'mailfix-c2:'})
        self.assertIn('mailfix-c1 is still used',
                      self.drive('undo', SERVICES).stdout)
        self.do('undo', *reversed(changes))
        self.assert_as_before(before)


class Refused(ConfCase):
    """What would do harm is not done, or is put back at once."""

    def test_table_that_cannot_be_opened(self):
        before = self.files()
        result = self.drive('make', MAPS)
        self.assertEqual(result.rc, 1)
        self.assertIn('mailfix_transport', result.stdout)
        self.assert_as_before(before)
        self.assertEqual(self.found(MAPS), 'before')

    def test_configuration_that_postfix_refuses(self):
        self.mx.sh('echo "broken" >> /etc/postfix/main.cf')
        before = self.files()
        result = self.drive('make', setting(
            '1', 'default_process_limit', None, '50', 'reload'))
        self.assertEqual(result.rc, 1)
        self.assertIn('refuses the changed configuration', result.stdout)
        self.assertIn('missing', result.stdout)
        self.assert_as_before(before)

    def test_domain_that_the_admin_routes(self):
        self.mx.write('/etc/postfix/transport', 'a.test smtp:[x.test]\n'
                      '.b.test smtp:[x.test]\n')
        self.mx.sh('postmap /etc/postfix/transport')
        own = 'hash:/etc/postfix/transport'
        self.mx.postconf(transport_maps=own)
        self.do('make', SERVICES, SETTINGS, TABLE, setting(
            '4', 'transport_maps', own, f'{own} {_MAPS}', 'reload both'))
        for domain in 'a.test', 'sub.b.test':
            result = self.drive('make', row('5', domain, None, 'mailfix-c1:'))
            self.assertIn('routes it by hand', result.stdout)
        self.do('make', row('6', 'b.test', None, 'mailfix-c1:'))
        self.assertEqual(self.asked('b.test'), 'mailfix-c1:')
        self.mx.postconf(transport_maps=f'regexp:/etc/none {own} {_MAPS}')
        result = self.drive('make', row('7', 'c.test', None, 'mailfix-c1:'))
        self.assertIn('cannot be asked', result.stdout)

    def test_domain_of_this_host(self):
        # a row would take its mail to its own MX: a loop, and a bounce
        self.mx.write('/etc/postfix/own', '# d.test\na.test\n')
        self.mx.write('/etc/postfix/virtual', 'b.test any\n')
        self.mx.sh('postmap /etc/postfix/virtual')
        self.do('make', SERVICES, SETTINGS, TABLE, MAPS)
        self.mx.postconf(mydestination='here.test /etc/postfix/own',
                         virtual_alias_maps='hash:/etc/postfix/virtual',
                         relay_domains='c.test')
        for domain in ('here.test', 'A.test', 'b.test', 'c.test',
                       'sub.c.test'):
            result = self.drive('make', row('5', domain, None, 'mailfix-c1:'))
            self.assertIn('one of this host', result.stdout, domain)
        self.do('make', row('6', 'sub.a.test', None, 'mailfix-c1:'))
        self.do('make', row('7', 'd.test', None, 'mailfix-c1:'))


class Beside(ConfCase):
    """Others at work on the same files."""

    def test_postconf_at_the_same_time_loses_nothing(self):
        wrote = 0
        for number in range(6):
            change = setting(str(number), 'default_process_limit', None, '50')
            for step, found in (('make', 'after'), ('undo', 'before')):
                # a few only: Postfix's tools wait while main.cf is new
                others = [threading.Thread(target=self.mx.sh, args=[
                    ['postconf', '-e', f'mailfix_other{wrote + i} = x']])
                    for i in range(3)]
                wrote += 3
                for other in others:
                    other.start()
                self.do(step, change)
                for other in others:
                    other.join()
                self.assertEqual(self.found(change), found)
        main = self.mx.read(_FILES[0])
        self.assertEqual(main.count('\nmailfix_other'), wrote)
        self.assertNotIn('default_process_limit', main)


class Shut(ConfCase):
    """All of it from within the unit that the timer starts."""

    def run_unit(self, step, *changes):
        """Run steps as the unit would run mailfix."""
        lines = ''.join(
            'ExecStart=' + ' '.join(
                '"' + word.replace('$', '$$') + '"'
                for word in self.command(step, change)) + '\n'
            for change in changes)
        self.mx.write('/etc/systemd/system/mailfix.service.d/drive.conf',
                      f'[Service]\nExecStart=\n{lines}SuccessExitStatus=0\n'
                      'StandardOutput=journal\n')
        result = self.mx.run('systemctl daemon-reload; '
                             'systemctl start mailfix.service')
        self.assertEqual(result.rc, 0, self.mx.sh(
            'journalctl -q --no-pager -u mailfix.service | tail -n 20'))

    def test_made_and_undone_by_the_unit(self):
        before = self.files()
        first = row('5', 'big.test', None, 'mailfix-c1:')
        limit = ('6', 'postfix-service', 'set', 'smtp/inet', '-', '50',
                 'reload both')
        self.run_unit('make', *PROVISION, first, limit)
        self.assertEqual(self.asked('big.test'), 'mailfix-c1:')
        self.assertIn('50', self.mx.sh('postconf -M smtp/inet').split())
        log = self.mx.read(_LOG)
        self.assertEqual(log.count('reload -- version'), 2)
        self.run_unit('undo', limit, first, *reversed(PROVISION))
        self.assert_as_before(before)
        self.assertEqual(self.mx.read(_LOG).count('reload -- version'), 4)
        # the master that was there at first has been told, none was started
        self.assertNotIn('terminating', self.mx.read(_LOG))

    def test_reload_by_its_own_command(self):
        self.mx.sh('systemctl stop postfix@-; postfix start', timeout_s=90)
        self.do('make', setting('1', 'default_process_limit', None, '50',
                                'reload'))
        self.assertIn('reload -- version', self.mx.read(_LOG))
        self.mx.sh('postfix stop')
        self.do('make', setting('2', 'default_process_limit', '50', '60',
                                'reload'))
        self.assertEqual(self.mx.read(_LOG).count('reload -- version'), 1)
