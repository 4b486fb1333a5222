"""What the probes tell of a real host, healthy and sick."""

import json

from lab.case import LabCase

_TAKER = r"""perl -MSocket -e '
socket(S, AF_INET, SOCK_STREAM, 0) or die;
setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
bind(S, sockaddr_in(25, INADDR_ANY)) or die;
listen(S, 1) or die;
open F, ">", "/proc/self/comm"; print F "ma\e[2Jx"; close F;
sleep 60' >/dev/null 2>&1 &
for i in $(seq 50); do ss -ltn | grep -q :25 && break; sleep 0.1; done"""

_MILTER = """[Service]
ExecStart=/usr/bin/perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); \
bind(S,sockaddr_un("/var/spool/postfix/m.sock")); listen(S,1); sleep 600'
[Install]
WantedBy=multi-user.target
"""


class Probes(LabCase):
    """Facts of one table at a time, as mailfix facts tells them."""

    def facts(self, host, table, **options):
        """Return the rows of a table by key, or its reason when unknown."""
        out = host.run(['/usr/sbin/mailfix', 'facts', table, '--format',
                        'json'], **options).stdout
        found = json.loads(out)['facts'][0]
        if not found['known']:
            return found['reason']
        return {row['key'] or '': row for row in found['rows']}

    def row(self, host, table, key='', **options):
        """Return the values of one row."""
        return self.facts(host, table, **options)[key]['values']

    def test_dead_and_masked_postfix(self):
        mx = self.host()
        unit = self.row(mx, 'unit', 'postfix@-.service')
        self.assertEqual((unit['role'], unit['running'], unit['wanted']),
                         ('mta', True, True))
        mx.sh('kill -9 $(cat /var/spool/postfix/pid/master.pid)')
        unit = self.row(mx, 'unit', 'postfix@-.service')
        self.assertEqual((unit['running'], unit['wanted']), (False, True))
        self.assertFalse(self.row(mx, 'mta')['running'])
        mx.sh('systemctl mask postfix')
        unit = self.row(mx, 'unit', 'postfix@-.service')
        self.assertEqual((unit['load'], unit['wanted']), ('masked', False))

    def test_every_broken_configuration_has_a_reason(self):
        mx = self.host()
        mx.sh('cp -a /etc/postfix /root/good')
        for change, reason in (
                ('echo "foo bar" >>main.cf', "missing '='"),
                ('echo "default_process_limit = x" >>main.cf',
                 'bad numerical configuration'),
                ('echo "inet_interfaces = no.invalid" >>main.cf',
                 'host not found'),
                ('echo "mail_owner = nobodyhere" >>main.cf',
                 'unknown user'),
                ('echo "smtp inet n" >>master.cf', 'bad field count'),
                ('rm main.cf', 'No such file')):
            mx.sh('cd /etc/postfix && ' + change)
            mta = self.row(mx, 'mta')
            self.assertIs(mta['config_valid'], False, change)
            self.assertIn(reason, mta['config_error'], change)
            self.assertEqual(mta['queue_directory'], '/var/spool/postfix')
            mx.sh('cp -a /root/good/. /etc/postfix/')
        self.assertIs(self.row(mx, 'mta')['config_valid'], True)

    def test_the_check_repairs_nothing(self):
        saved = '/var/spool/postfix/saved'
        for landlock in (True, False):
            mx = self.host(landlock=landlock)
            mx.sh(f'rmdir {saved}; echo >>/etc/postfix/main.cf')
            self.assertIs(self.row(mx, 'mta')['config_valid'], True)
            self.assertFalse(mx.exists(saved))
            self.assertFalse(self.row(mx, 'queue_path', saved)['exists'])

    def test_port_taken_by_a_hostile_name(self):
        mx = self.host()
        mx.sh('systemctl stop postfix@-')
        mx.sh(_TAKER)
        port = self.row(mx, 'port', '25')
        self.assertEqual(
            (port['wanted'], port['listening'], port['listening_v6'],
             port['by_mta'], port['process']),
            (True, True, False, False, 'ma\\x1b[2Jx'))

    def test_milter_is_found_by_its_socket(self):
        mx = self.host()
        mx.write('/etc/systemd/system/odd-name.service', _MILTER)
        mx.sh('systemctl daemon-reload; systemctl enable --now odd-name')
        mx.sh('for i in $(seq 50); do test -S /var/spool/postfix/m.sock &&'
              ' break; sleep 0.1; done')
        mx.postconf(smtpd_milters='unix:m.sock')
        unit = self.row(mx, 'unit', 'odd-name.service')
        self.assertEqual((unit['role'], unit['running'], unit['wanted']),
                         ('milter', True, True))

    def test_chroot_copy_and_map(self):
        mx = self.host()
        mx.sh('echo "192.0.2.9 new" >>/etc/hosts; sleep 1.1;'
              'echo "x: root" >>/etc/aliases')
        copy = self.row(mx, 'chroot_file', '/var/spool/postfix/etc/hosts')
        self.assertEqual((copy['exists'], copy['stale']), (True, True))
        self.assertTrue(self.row(mx, 'map', '/etc/aliases')['stale'])
        mx.sh('newaliases')
        self.assertFalse(self.row(mx, 'map', '/etc/aliases')['stale'])

    def test_without_a_bus_and_without_root(self):
        mx = self.host()
        mx.sh('kill -STOP $(pgrep -x dbus-daemon)')
        self.assertIn('system bus', self.facts(mx, 'unit'))
        mx.sh('kill -CONT $(pgrep -x dbus-daemon)')
        mta = self.facts(mx, 'mta', user='nobody')['']
        self.assertTrue(mta['values']['running'])
        self.assertTrue(mta['values']['config_valid'])
        port = self.facts(mx, 'port', user='nobody')['25']
        self.assertTrue(port['values']['listening'])
        self.assertEqual(port['unknown']['pid'], 'needs root')
