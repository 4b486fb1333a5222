"""The mail log, read once: from files that rotate, and from the journal."""

import json

from lab import wait
from lab.case import LabCase

# Reads the log in each run, keeps what it counted, and fixes nothing.
_PLAYBOOK = """[playbook]
title = the log was read
severity = info
when = log.lines < 0
"""

_LOG = '/var/log/mail.log'


# A file that is no copy of the journal: its texts are others.
_OWN_FILE = """template(name="own" type="string"
  string="%timestamp:::date-rfc3339% %hostname% %syslogtag% @%msg%\\n")
mail.* action(type="omfile" file="/var/log/mail.log" template="own")
mail.* stop
"""


class Log(LabCase):
    """Every line counts once, however many runs there are."""

    def mail_host(self, is_copy=False):
        """Boot a host that keeps what its runs read.

        is_copy  its mail.log has the journal's texts, as by default
        """
        mx = self.host()
        if not is_copy:
            mx.write('/etc/rsyslog.d/10-own.conf', _OWN_FILE, '644')
        mx.sh('mkdir -m 755 /root/p')
        mx.write('/root/p/read.ini', _PLAYBOOK, '644')
        # what was logged before rsyslog was up
        self.send(mx, 1)
        mx.sh('journalctl --sync; journalctl --rotate')
        mx.sh('journalctl --vacuum-time=1us')
        mx.sh(f'systemctl stop rsyslog syslog.socket; rm -f {_LOG}; '
              'systemctl start rsyslog')
        return mx

    def send(self, mx, count):
        """Deliver local mail; return when all of it is in the journal."""
        before = self.sent(mx)
        mx.sh(f'for i in $(seq {count}); do echo x | sendmail root; done',
              timeout_s=120)
        wait.until(lambda: self.sent(mx) == before + count, 60, 'delivery')
        wait.until(lambda: not mx.sh('find /var/spool/postfix/active '
                                     '/var/spool/postfix/incoming -type f'),
                   60, 'an empty queue')

    def sent(self, mx):
        """Return how many deliveries the journal has."""
        return mx.sh('journalctl -q -o cat SYSLOG_FACILITY=2').count(
            'status=sent')

    def lines(self, mx):
        """Return how many mail lines the journal has."""
        return len(mx.sh('journalctl -q -o cat SYSLOG_FACILITY=2')
                   .splitlines())

    def look(self, mx):
        """Run as the timer does: what was read is kept."""
        told = mx.run('mailfix --auto --playbooks /root/p -q')
        self.assertEqual((told.rc, told.stderr), (0, ''))

    def fact(self, mx, column, **options):
        """Return one fact of the log, as the next run would begin with it."""
        told = mx.run(['/usr/sbin/mailfix', 'facts', 'log', '--format',
                       'json'], **options)
        table = json.loads(told.stdout)['facts'][0]
        if not table['known']:
            return table['reason']
        return table['rows'][0]['values'][column]

    def assert_counted(self, mx, source):
        """All lines so far, and they were read there."""
        # rsyslog may still hold some back
        wait.until(lambda: self.fact(mx, 'lines') >= self.lines(mx), 10,
                   'the log')
        self.assertEqual(self.fact(mx, 'lines'), self.lines(mx))
        self.assertEqual(self.fact(mx, 'source'), source)

    def test_rotation_of_every_kind(self):
        mx = self.mail_host()
        hup = 'systemctl kill -s HUP rsyslog; sleep 0.5; '
        for rotation in (
                '',
                f'mv {_LOG} {_LOG}.1; {hup}',
                # the writer is told late
                f'mv {_LOG} {_LOG}.1; install -m 640 -g adm /dev/null {_LOG}',
                hup,
                # delayed compression, and at once
                f'mv {_LOG} {_LOG}.1; {hup} gzip -f {_LOG}.1',
                f'rm {_LOG}.1*; cp {_LOG} {_LOG}.1; : >{_LOG}',
                f'rm {_LOG}.1*; cp {_LOG} {_LOG}.1; : >{_LOG}; '
                f'gzip -f {_LOG}.1',
                # by date, twice between two runs
                f'mv {_LOG} {_LOG}-20261121; {hup}',
                f'mv {_LOG} {_LOG}-20261122; {hup}'):
            with self.subTest(rotation=rotation):
                mx.sh(f'true; {rotation}')
                self.send(mx, 4)
                self.look(mx)
                self.assert_counted(mx, _LOG)
        # what is kept does not rest on the old files
        mx.sh(f'rm {_LOG}?*')
        self.assert_counted(mx, _LOG)

    def test_read_and_rotated_before_the_next_run(self):
        mx = self.mail_host()
        for rotation in (
                f'mv {_LOG} {_LOG}.1; systemctl kill -s HUP rsyslog',
                f'rm {_LOG}.1*; cp {_LOG} {_LOG}.1; : >{_LOG}',
                f'rm {_LOG}.1*; mv {_LOG} {_LOG}.1; '
                f'systemctl kill -s HUP rsyslog; sleep 1; gzip {_LOG}.1'):
            self.send(mx, 3)
            self.look(mx)
            self.send(mx, 3)
            mx.sh(f'sleep 0.5; {rotation}; sleep 1')
            self.send(mx, 3)
            self.look(mx)
            self.assert_counted(mx, _LOG)

    def test_a_dry_run_moves_nothing(self):
        mx = self.mail_host()
        self.send(mx, 3)
        self.look(mx)
        kept = mx.sh('stat -c "%a %U %s %Y" /var/lib/mailfix/log.tally; '
                     'sha256sum /var/lib/mailfix/log.tally')
        self.assertTrue(kept.startswith('600 root '))
        self.send(mx, 3)
        mx.run('mailfix --dry-run --playbooks /root/p')
        self.assert_counted(mx, _LOG)
        self.assertEqual(kept, mx.sh(
            'stat -c "%a %U %s %Y" /var/lib/mailfix/log.tally; '
            'sha256sum /var/lib/mailfix/log.tally'))

    def test_what_is_kept_may_be_garbage(self):
        mx = self.mail_host()
        self.send(mx, 3)
        self.look(mx)
        kept = '/var/lib/mailfix/log.tally'
        for harm in (f'head -c 100000 /dev/urandom | '
                     f'dd of={kept} conv=notrunc status=none',
                     f'truncate -s 1000 {kept}',
                     f'rm {kept}; mkfifo {kept}',
                     f'rm {kept}; ln -s /etc/passwd {kept}',
                     f'rm -f {kept}'):
            mx.sh(harm)
            self.send(mx, 1)
            self.look(mx)
            self.assert_counted(mx, _LOG)
        self.assertIn('root:', mx.read('/etc/passwd'))

    def test_a_file_that_is_a_copy_of_the_journal(self):
        mx = self.mail_host(is_copy=True)
        self.send(mx, 3)
        wait.until(lambda: 'status=sent' in mx.read(_LOG), 10, 'rsyslog')
        self.look(mx)
        self.assert_counted(mx, 'journal')
        # a line that the journal knows nothing of: a log of its own
        mx.sh(f'echo "$(date +%FT%T.%6N%:z) mx1 postfix/qmgr[1]: x" >>{_LOG}')
        wait.until(lambda: self.fact(mx, 'source') == _LOG, 10, 'the file')

    def test_a_host_with_only_a_journal(self):
        mx = self.mail_host()
        mx.sh('systemctl stop rsyslog syslog.socket; '
              f'rm -f {_LOG}')
        for _ in range(3):
            self.send(mx, 3)
            self.look(mx)
            self.assert_counted(mx, 'journal')
        # messages that journald compresses
        mx.sh('for i in $(seq 20); do logger -p mail.info -t postfix/smtp '
              '"$(head -c 3000 /dev/zero | tr "\\0" y) $i"; done; '
              'journalctl --sync')
        self.look(mx)
        self.assert_counted(mx, 'journal')
        # the entry of the cursor is gone
        before = self.lines(mx)
        mx.sh('journalctl --rotate; journalctl --vacuum-time=1us')
        self.assertLess(self.lines(mx), before)
        self.send(mx, 3)
        self.look(mx)
        self.assertEqual(self.fact(mx, 'lines'), before + self.lines(mx))

    def test_lines_that_others_forge_in_the_journal(self):
        mx = self.mail_host()
        mx.sh('systemctl stop rsyslog syslog.socket; '
              f'rm -f {_LOG}')
        self.send(mx, 1)
        for user in 'nobody', 'postfix', 'root':
            mx.sh(f'runuser -u {user} -- logger -p mail.info '
                  '-t postfix/smtp "4F2A1B2C3D: to=<a@big.test>, '
                  'relay=mx[192.0.2.7]:25, delay=1, delays=0/0/1/0, '
                  'dsn=4.7.0, status=deferred (host mx[192.0.2.7] said: '
                  f'421 busy, says {user} (in reply to MAIL FROM command))"')
        mx.sh('journalctl --sync')
        # root and the mail system's own user may say what they want anyway
        self.assertEqual(self.fact(mx, 'r421_out'), 2)
        self.assertEqual(self.fact(mx, 'lines'), self.lines(mx) - 1)

    def test_a_host_that_changes_over(self):
        mx = self.mail_host()
        self.send(mx, 3)
        # nobody writes to the file any more; its last line is an hour old
        mx.sh('systemctl stop rsyslog syslog.socket')
        mx.sh(f'echo "$(date -d "-1 hour" +%FT%T%:z) mx1 postfix/qmgr[1]: x" '
              f'>{_LOG}; touch -d "-1 hour" {_LOG}')
        self.send(mx, 3)
        self.look(mx)
        self.assert_counted(mx, 'journal')
        # it is written to again
        mx.sh(f'rm {_LOG}; systemctl start rsyslog')
        self.send(mx, 3)
        self.look(mx)
        self.assert_counted(mx, _LOG)
        # and gone
        mx.sh(f'systemctl stop rsyslog syslog.socket; rm {_LOG}')
        self.send(mx, 3)
        self.look(mx)
        self.assert_counted(mx, 'journal')

    def test_without_root(self):
        mx = self.mail_host(is_copy=True)
        self.send(mx, 3)
        reason = self.fact(mx, 'lines', user='nobody')
        self.assertIn('Permission denied', reason)
        mx.sh('useradd -m -G adm admin')
        wait.until(lambda: self.fact(mx, 'lines', user='admin') ==
                   self.lines(mx), 10, 'the log')
