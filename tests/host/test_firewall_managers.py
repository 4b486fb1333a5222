"""A port closed by ufw, firewalld or iptables is opened in their own way."""

import json

from lab.host import ADDRESSES
from lab.opening import PORT, OpeningCase, both

_ZONES = '/etc/firewalld'
_UFW = '/etc/ufw'
# At first there is no file of a zone, but what firewalld comes with.
_LIST_ZONE = ('firewall-cmd --list-all --zone=public; '
              'firewall-cmd --permanent --list-all --zone=public')


class Ufw(OpeningCase):
    """ufw owns the rules."""

    has_firewalls = True
    kept_files = (f'{_UFW}/user.rules', f'{_UFW}/user6.rules',
                  f'{_UFW}/ufw.conf', '/etc/default/ufw')

    def setUp(self):
        super().setUp()
        self.addCleanup(self.mx.sh,
                        'ufw --force reset; ufw default deny incoming')
        self.mx.sh('ufw allow 22/tcp; ufw allow 25/tcp')

    def state(self):
        # ufw writes its files and its chains anew: counts and handles change
        return super().state()[0], {path: self.mx.read(path)
                                    for path in self.kept_files}

    def is_closed_and_opened(self, verdict, met):
        """Find, open through ufw, try, survive a reload; undo."""
        self.assertEqual(self.refuses(), (met,) * 2)
        self.assertEqual(self.verdicts('in', '587'), both(verdict))
        before = self.state()
        found = self.finding(self.mx.mailfix('--dry-run'))
        self.assertIn('ufw', json.dumps(found))
        self.assertEqual(self.state(), before)
        report = self.mx.mailfix('--yes')
        found = self.finding(report)
        self.assertEqual((report.rc, found['state']), (0, 'fixed'),
                         report.result)
        change, = found['fixes'][0]['changes']
        self.assertEqual((change['kind'], change['target']),
                         ('ufw-rule', '587/tcp'))
        self.assertEqual(self.calls(), ('open',) * 2)
        self.assertEqual(self.refuses(588), ('dropped',) * 2
                         if verdict == 'drop' else ('rejected',) * 2)
        self.mx.sh('ufw reload')
        self.assertEqual(self.calls(), ('open',) * 2)
        self.mx.sh('systemctl restart ufw')
        self.assertEqual(self.calls(), ('open',) * 2)
        self.is_undone(before, met)

    def test_default_deny(self):
        self.mx.sh('ufw --force enable')
        self.is_closed_and_opened('drop', 'dropped')

    def test_default_reject(self):
        self.mx.sh('ufw default reject incoming; ufw --force enable')
        self.is_closed_and_opened('reject', 'rejected')

    def test_explicit_deny_before_what_comes_later(self):
        self.mx.sh('ufw deny 587/tcp; ufw allow 993/tcp; ufw --force enable')
        self.is_closed_and_opened('drop', 'dropped')

    def test_ipv6_that_ufw_only_drops_is_left_alone(self):
        self.addCleanup(self.mx.sh, 'sed -i s/^IPV6=.*/IPV6=yes/ '
                        '/etc/default/ufw')
        self.mx.sh('sed -i s/^IPV6=.*/IPV6=no/ /etc/default/ufw; '
                   'ufw --force enable')
        self.assertEqual(self.refuses(), ('dropped',) * 2)
        self.assertIsNotNone(self.stays_refused())

    def test_deny_for_some_is_left_alone(self):
        self.mx.sh('ufw allow 587/tcp; ufw insert 1 deny from 203.0.113.64/26 '
                   'to any port 587 proto tcp; ufw --force enable')
        self.assertEqual(self.calls(), ('open',) * 2)
        self.assertEqual(self.refuses(587, ADDRESSES[:1], '203.0.113.66'),
                         ('dropped',))
        self.assertIsNone(self.stays_refused())

    def test_deny_names_its_rule(self):
        self.mx.sh('ufw deny 587/tcp; ufw --force enable')
        told = self.explain('in', '587')
        for family, chain in (('ipv4', 'ufw-user-input'),
                              ('ipv6', 'ufw6-user-input')):
            self.assertEqual(told['eth0', family]['rule']['chain'], chain)
            self.assertTrue([step for step in told['eth0', family]['path']
                             if step.endswith(f'=jump {chain}')])


class Firewalld(OpeningCase):
    """firewalld owns the rules."""

    has_firewalls = True

    def setUp(self):
        super().setUp()
        self.addCleanup(self.mx.sh, 'systemctl stop firewalld; '
                        f'rm -rf {_ZONES}/zones/*')
        self.start_firewalld()

    def state(self):
        rules, _ = super().state()
        return rules, {path: entry.sha256 for path, entry in
                       self.mx.snapshot(_ZONES).items()
                       if entry.kind == 'f' and not path.endswith('.old')}

    def test_default_zone(self):
        self.assertEqual(self.refuses(), ('rejected',) * 2)
        told = self.explain('in', '587')
        self.assertEqual({key: each['verdict'] for key, each in told.items()},
                         both('reject'))
        for each in told.values():
            self.assertEqual((each['rule']['family'], each['rule']['table'],
                              each['rule']['chain']),
                             ('inet', 'firewalld', 'filter_IN_public'))
        before = self.state()
        zone = self.mx.sh(_LIST_ZONE)
        report = self.mx.mailfix('--yes')
        found = self.finding(report)
        self.assertEqual((report.rc, found['state']), (0, 'fixed'),
                         report.result)
        # 25 is closed, too, and opened in the same run
        change, = found['fixes'][0]['changes']
        self.assertEqual((change['kind'], change['target'], change['after']),
                         ('firewalld-port', 'zone public', '587/tcp'))
        self.assertEqual(self.calls(), ('open',) * 2)
        self.assertEqual(self.refuses(588), ('rejected',) * 2)
        self.assertEqual(self.mx.sh('firewall-cmd --list-ports'),
                         '25/tcp 587/tcp\n')
        self.assertEqual(self.mx.sh('firewall-cmd --permanent --list-ports'),
                         '25/tcp 587/tcp\n')
        self.mx.sh('firewall-cmd --reload')
        self.assertEqual(self.calls(), ('open',) * 2)
        self.mx.sh('systemctl stop firewalld')
        self.start_firewalld()
        self.assertEqual(self.calls(), ('open',) * 2)
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.mx.sh(_LIST_ZONE), zone)
        self.assertEqual(self.state()[0], before[0])
        self.assertEqual(self.refuses(), ('rejected',) * 2)

    def test_zone_of_the_interface_and_its_file(self):
        self.mx.sh('firewall-cmd --permanent --zone=external --add-port=25/tcp '
                   '&& firewall-cmd --permanent --zone=external '
                   '--add-interface=eth0 && firewall-cmd --reload')
        before = self.state()
        report = self.mx.mailfix('--yes')
        change, = self.finding(report)['fixes'][0]['changes']
        self.assertEqual(change['target'], 'zone external')
        self.assertEqual(self.calls(), ('open',) * 2)
        self.is_undone(before, 'rejected')

    def test_zone_that_drops(self):
        self.mx.sh('firewall-cmd --permanent --zone=public --set-target=DROP '
                   '&& firewall-cmd --permanent --add-port=25/tcp '
                   '&& firewall-cmd --reload')
        self.assertEqual(self.refuses(), ('dropped',) * 2)
        self.assertEqual(self.verdicts('in', '587'), both('drop'))
        before = self.state()
        report = self.mx.mailfix('--yes')
        self.assertEqual((report.rc, self.finding(report)['state']),
                         (0, 'fixed'), report.result)
        self.assertEqual(self.calls(), ('open',) * 2)
        self.is_undone(before)

    def test_port_that_is_permanent_only(self):
        """The admin has forgotten the reload; what he has added stays his."""
        self.mx.sh('firewall-cmd --permanent --add-port=587/tcp')
        self.assertEqual(self.refuses(), ('rejected',) * 2)
        report = self.mx.mailfix('--yes')
        self.assertEqual(self.finding(report)['state'], 'fixed', report.result)
        self.assertEqual(self.calls(), ('open',) * 2)
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.refuses(), ('rejected',) * 2)
        self.assertEqual(self.mx.sh('firewall-cmd --permanent --list-ports'),
                         '587/tcp\n')

    def test_panic_mode_is_left_alone(self):
        self.mx.sh('firewall-cmd --panic-on')
        self.addCleanup(self.mx.sh, 'firewall-cmd --panic-off')
        self.assertEqual(self.refuses(), ('dropped',) * 2)
        self.assertEqual(set(self.verdicts('in', '587').values()), {'drop'})
        self.stays_refused()

    def test_port_the_admin_has_added_since_stays(self):
        self.assertEqual(self.mx.mailfix('--yes').rc, 0)
        self.mx.sh('mailfix undo --last')
        self.mx.sh('firewall-cmd --add-port=587/tcp')
        self.assertIsNone(self.mx.mailfix('--yes').finding(
            'port-blocked-inbound', '587'))
        self.mx.sh('mailfix undo --last')   # of 25
        self.assertEqual(self.mx.sh('firewall-cmd --list-ports'), '587/tcp\n')


class Iptables(OpeningCase):
    """Rules of iptables-nft, by hand."""

    has_firewalls = True

    def rule(self, *words, tools=('iptables', 'ip6tables')):
        """Add a rule to INPUT of both families."""
        for tool in tools:
            self.mx.sh([tool, '-A', 'INPUT', *words])

    def closed(self):
        """Load what an admin's script makes: established, ssh, drop."""
        self.rule('-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j',
                  'ACCEPT')
        self.rule('-p', 'icmp', '-j', 'ACCEPT', tools=('iptables',))
        self.rule('-p', 'icmpv6', '-j', 'ACCEPT', tools=('ip6tables',))
        self.rule('-p', 'tcp', '-m', 'multiport', '--dports', '22,25', '-j',
                  'ACCEPT')
        self.rule('-p', 'tcp', '--dport', '587', '-m', 'comment', '--comment',
                  'no submission', '-j', 'DROP')

    def test_opened_in_a_form_that_iptables_says_truly(self):
        self.closed()
        saved = self.mx.sh('iptables-save; ip6tables-save')
        self.assertEqual(self.verdicts('in', '587'), both('drop'))
        before = self.state()
        report = self.mx.mailfix('--yes')
        self.assertEqual((report.rc, self.finding(report)['state']),
                         (0, 'fixed'), report.result)
        self.assertEqual(self.calls(), ('open',) * 2)
        for tool in 'iptables', 'ip6tables':
            ours, = [line for line in
                     self.mx.sh(f'{tool}-save').splitlines()
                     if 'mailfix' in line]
            self.assertRegex(ours, r'^-A INPUT -p tcp (-m tcp )?--dport 587 '
                             r'.*--comment "mailfix [^"]+" -j ACCEPT$')
        self.mx.sh('mailfix undo --last')
        self.assertEqual(self.state(), before)
        self.assertEqual(_rules_only(self.mx.sh(
            'iptables-save; ip6tables-save')), _rules_only(saved))
        self.assertEqual(self.refuses(), ('dropped',) * 2)

    def save_and_restore(self):
        """Load the rules as iptables has saved them, as at a boot."""
        self.mx.sh('for t in iptables ip6tables; do $t-save >/root/$t && '
                   '$t-restore /root/$t; done')

    def test_saved_and_restored_it_opens_no_more(self):
        self.closed()
        self.rule('-p', 'tcp', '--dport', '588', '-j', 'DROP')
        self.assertEqual(self.mx.mailfix('--yes').rc, 0)
        self.save_and_restore()
        self.assertEqual(self.calls(), ('open',) * 2)
        self.assertEqual(self.refuses(588), ('dropped',) * 2)

    def test_undo_after_iptables_restored_it(self):
        self.closed()
        self.assertEqual(self.mx.mailfix('--yes').rc, 0)
        self.save_and_restore()
        undone = self.mx.run('mailfix undo --last')
        if undone.rc == 0:
            self.assertEqual(self.refuses(), ('dropped',) * 2, undone)
        else:   # it says that it left the rule alone
            self.assertEqual(self.calls(), ('open',) * 2, undone)

    def test_policy_of_iptables(self):
        self.closed()
        self.mx.sh('for t in iptables ip6tables; do $t -D INPUT -p tcp '
                   '--dport 587 -m comment --comment "no submission" -j DROP; '
                   '$t -P INPUT DROP; done')
        self.addCleanup(self.mx.sh, 'iptables -P INPUT ACCEPT; '
                        'ip6tables -P INPUT ACCEPT')
        told = self.explain('in', str(PORT))
        self.assertEqual(told['eth0', 'ipv6']['rule']['family'], 'ip6')
        before = self.state()
        report = self.mx.mailfix('--yes')
        self.assertEqual(report.rc, 0, report.result)
        self.is_undone_after_calls(before)

    def is_undone_after_calls(self, before):
        """Assert that it is open, undo, and that it is as before."""
        self.assertEqual(self.calls(), ('open',) * 2)
        self.is_undone(before)

    def test_nothing_goes_before_mailcow(self):
        for tool in 'iptables', 'ip6tables':
            self.mx.sh(f'{tool} -N MAILCOW; {tool} -A MAILCOW -j RETURN; '
                       f'{tool} -A INPUT -m comment --comment mailcow '
                       '-j MAILCOW')
        self.closed()
        before = self.state()
        report = self.mx.mailfix('--yes')
        self.assertEqual(report.rc, 0, report.result)
        for tool in 'iptables', 'ip6tables':
            first = self.mx.sh(f'{tool} -S INPUT 1')
            self.assertIn('MAILCOW', first)
        self.is_undone_after_calls(before)

    def test_a_drop_that_mailcow_has_is_not_touched(self):
        for tool in 'iptables', 'ip6tables':
            self.mx.sh(f'{tool} -N MAILCOW; {tool} -A MAILCOW -p tcp --dport '
                       f'587 -j DROP; {tool} -A INPUT -m comment --comment '
                       'mailcow -j MAILCOW')
        self.assertEqual(self.refuses(), ('dropped',) * 2)
        self.assertIsNotNone(self.stays_refused())


class Docker(OpeningCase):
    """A published port goes by the input chain, as Docker does it."""

    has_firewalls = True

    # A container with a mail server, behind the bridge docker0.
    _PUBLISH = """
        ip link add docker0 type bridge 2>/dev/null
        ip addr replace 192.0.2.65/26 dev docker0; ip link set docker0 up
        iptables -t nat -N DOCKER
        iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 2525 \
            -j DNAT --to-destination 192.0.2.66:25
        iptables -N DOCKER; iptables -N DOCKER-USER
        iptables -P FORWARD DROP
        iptables -A FORWARD -j DOCKER-USER
        iptables -A FORWARD -o docker0 -m conntrack \
            --ctstate RELATED,ESTABLISHED -j ACCEPT
        iptables -A FORWARD -o docker0 -j DOCKER
        iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
        iptables -A DOCKER -d 192.0.2.66/32 ! -i docker0 -o docker0 -p tcp \
            -m tcp --dport 25 -j ACCEPT
        iptables -P INPUT DROP
        iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
    """

    def setUp(self):
        super().setUp()
        self.addCleanup(self.mx.sh, 'ip link delete docker0')
        self.mx.sh(self._PUBLISH)
        self.lan.sysctl(self.mx, 'net.ipv4.ip_forward=1')

    def test_published_port_is_forwarded(self):
        told = self.explain('in', '2525')['eth0', 'ipv4']
        self.assertEqual(told['verdict'], 'accept', told)
        self.assertEqual(told['rule']['chain'], 'DOCKER', told)
        # what it would be without the mapping
        told = self.explain('in', '2526')['eth0', 'ipv4']
        self.assertEqual((told['verdict'], told['rule']['chain']),
                         ('drop', 'INPUT'))

    def test_docker_user_refuses(self):
        self.mx.sh('iptables -A DOCKER-USER -i eth0 -j DROP')
        told = self.explain('in', '2525')['eth0', 'ipv4']
        self.assertEqual((told['verdict'], told['rule']['chain']),
                         ('drop', 'DOCKER-USER'), told)


def _rules_only(saved):
    """Return a dump of iptables-save without its dates and counts."""
    return [line.partition(' [')[0] for line in saved.splitlines()
            if not line.startswith('#')]


class Bans(OpeningCase):
    """What fail2ban refuses is a ban, not a closed port."""

    has_firewalls = True

    def test_ban_is_left_alone(self):
        self.load("""
            table inet f2b-table {
                set addr-set-postfix {
                    type ipv4_addr
                    elements = { 203.0.113.66 }
                }
                chain f2b-chain {
                    type filter hook input priority filter - 1
                    tcp dport { 25, 465, 587 } ip saddr @addr-set-postfix \
                        reject with icmp port-unreachable
                }
            }""")
        self.assertEqual(self.calls(), ('open',) * 2)
        self.assertEqual(self.refuses(587, ADDRESSES[:1], '203.0.113.66'),
                         ('rejected',))
        self.assertEqual(self.explain('in', '587', 'from', '203.0.113.66')
                         ['eth0', 'ipv4']['verdict'], 'reject')
        self.assertEqual(set(self.verdicts('in', '587').values()), {'accept'})
        self.assertIsNone(self.stays_refused())
        self.assertEqual(self.refuses(587, ADDRESSES[:1], '203.0.113.66'),
                         ('rejected',))
        self.assertEqual(self.call(address=ADDRESSES[0]), 'open')
