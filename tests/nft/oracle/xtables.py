"""Random rule sets as iptables-nft and ip6tables-nft write them."""

from oracle.rules import Chain, Rule, XTable

HOOKS = {
    'raw': ('PREROUTING', 'OUTPUT'),
    'mangle': ('PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'),
    'nat': ('PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'),
    'filter': ('INPUT', 'FORWARD', 'OUTPUT'),
    'security': ('INPUT', 'FORWARD', 'OUTPUT'),
}
INWARD = ('PREROUTING', 'INPUT', 'FORWARD')
OUTWARD = ('OUTPUT', 'POSTROUTING', 'FORWARD')
REJECTS = {4: ('icmp-port-unreachable', 'icmp-net-unreachable',
               'icmp-host-unreachable', 'icmp-proto-unreachable',
               'icmp-net-prohibited', 'icmp-host-prohibited',
               'icmp-admin-prohibited'),
           6: ('icmp6-no-route', 'icmp6-adm-prohibited', 'icmp6-addr-unreachable',
               'icmp6-port-unreachable')}


def _not(v, share=0.15):
    return '! ' if v.chance(share) else ''


def _ports(v):
    low, high = v.port_range() if v.chance(0.3) else (v.port(),) * 2
    text = str(low) if low == high else f'{low}:{high}'
    return f'-p tcp {v.one("", "-m tcp ")}{_not(v)}--dport {text}'


def _source_port(v):
    low, high = v.source_ports()
    return f'-p tcp {_not(v)}--sport {low}:{high}'


def _multiport(v):
    items = []
    for _ in range(v.rng.randint(1, 5)):
        low, high = v.port_range()
        items.append(f'{low}:{high}' if v.chance(0.3) else str(v.port()))
    side = v.weighed({'--dports': 6, '--sports': 1, '--ports': 1})
    return f'-p tcp -m multiport {_not(v)}{side} {",".join(items)}'


def _state(v, version):
    states = ','.join(v.some(('NEW', 'ESTABLISHED', 'RELATED', 'INVALID',
                              'UNTRACKED'), 3))
    return v.one(f'-m conntrack {_not(v)}--ctstate {states}',
                 f'-m conntrack --ctstate {states}', '-m state --state NEW',
                 '-m state --state RELATED,ESTABLISHED',
                 f'-m state {_not(v)}--state {states.replace(",SNAT", "")}',
                 '-m conntrack --ctstate DNAT', '-m conntrack --ctstate SNAT,NEW',
                 '-m conntrack ! --ctstate DNAT',
                 '-m conntrack --ctdir ORIGINAL', '-m conntrack --ctdir REPLY',
                 '-m conntrack --ctproto tcp', '-m conntrack ! --ctproto 17',
                 f'-m conntrack {_not(v)}--ctorigdst {v.prefix(version)}',
                 f'-m conntrack --ctorigsrc {v.address(version)}',
                 f'-m conntrack --ctreplsrc {v.prefix(version)}',
                 f'-m conntrack --ctrepldst {v.address(version)}',
                 f'-p tcp -m conntrack --ctorigdstport {v.port()}',
                 f'-p tcp -m conntrack {_not(v)}--ctorigdstport '
                 + ':'.join(map(str, v.port_range())),
                 f'-p tcp -m conntrack --ctreplsrcport {v.port()}',
                 '-m conntrack --ctstatus NONE',
                 '-m conntrack ! --ctstatus CONFIRMED',
                 '-m conntrack --ctstatus SEEN_REPLY',
                 '-m conntrack ! --ctstatus ASSURED,EXPECTED')


def _flags(v):
    return '-p tcp ' + v.one(
        '--syn', '! --syn', '--tcp-flags FIN,SYN,RST,ACK SYN',
        '--tcp-flags ALL SYN', '! --tcp-flags SYN,ACK SYN',
        '--tcp-flags SYN,ACK SYN,ACK', '--tcp-flags ALL NONE')


def _kind(v):
    sides = v.one('--dst-type LOCAL', '--src-type UNICAST', '! --dst-type LOCAL',
                  '--dst-type UNICAST', '--src-type LOCAL',
                  '--dst-type LOCAL,MULTICAST', '! --src-type LOCAL '
                  '--dst-type LOCAL')
    return f'-m addrtype {sides}'


def _other(v, version):
    return v.one('-m pkttype --pkt-type unicast', '-m pkttype ! --pkt-type host'
                 if v.chance(0.1) else '-m pkttype ! --pkt-type broadcast',
                 '-m dscp --dscp 0', '-m dscp ! --dscp-class CS1',
                 '-m mac --mac-source 02:00:00:00:00:01',
                 '-m mac ! --mac-source 02:00:00:00:00:02',
                 '-m helper --helper ftp', '-m comment --comment "a remark"',
                 '-m socket', '-m socket --transparent', '-m cpu --cpu 0'
                 if v.chance(0.1) else '-m devgroup --src-group 0',
                 '-m devgroup ! --src-group 2',
                 '-m addrtype --dst-type LOCAL --limit-iface-in')


def _match(v, version, chain):
    """Return text of one match that is not volatile."""
    is_out = chain in ('OUTPUT', 'POSTROUTING')
    kind = v.weighed({'ports': 9, 'source port': 1.5, 'multiport': 3,
                      'address': 7, 'interface': 4, 'state': 6, 'flags': 1.5,
                      'proto': 2, 'range': 2, 'type': 2, 'owner': 1.5,
                      'mark': 1.5, 'comment': 1, 'other': 1.2})
    if kind == 'ports':
        return _ports(v)
    if kind == 'source port':
        return _source_port(v)
    if kind == 'multiport':
        return _multiport(v)
    if kind == 'address':
        side = v.one('-s', '-d')
        is_world = (side == '-s') != is_out
        value = v.prefix if v.chance(0.5) else v.address
        return f'{_not(v)}{side} {value(version, is_world)}'
    if kind == 'interface':
        side = v.one(*(s for s, hooks in (('-i', INWARD), ('-o', OUTWARD))
                       if chain in hooks or chain not in HOOKS['mangle']))
        name = v.one(v.interface(), v.interface(), 'eth+', 'et+', '+')
        return f'{_not(v) if name != "+" else ""}{side} {name}'
    if kind == 'state':
        return _state(v, version)
    if kind == 'flags':
        return _flags(v)
    if kind == 'proto':
        return v.one('-p tcp', '-p udp', '! -p udp', '! -p tcp', '-p all')
    if kind == 'range':
        low, high = v.address_range(version)
        return f'-m iprange {_not(v)}{v.one("--src-range", "--dst-range")} ' \
               f'{low}-{high}'
    if kind == 'type':
        return _kind(v)
    if kind == 'owner':
        if chain not in ('OUTPUT', 'POSTROUTING'):
            return ''
        return '-m owner ' + v.one('--uid-owner 0', '! --uid-owner 1000',
                                   '--gid-owner 0', '--uid-owner 500-2000',
                                   '--socket-exists', '! --gid-owner 1000')
    if kind == 'mark':
        return v.one(f'-m mark {_not(v)}--mark {v.mark()}',
                     f'-m mark --mark {v.mark() & 0xf}/0xf',
                     f'-m connmark {_not(v)}--mark {v.mark()}')
    if kind == 'comment':
        return '-m comment --comment "a remark"'
    text = _other(v, version)
    hooks = {'-m socket': ('PREROUTING', 'INPUT'), '-m mac': INWARD,
             '--src-group': INWARD, '--limit-iface-in': INWARD}
    if any(word in text and chain not in where
           for word, where in hooks.items()):
        return ''
    return text


def _volatile(v, version):
    return v.one('-m limit --limit 1/sec', '-m limit --limit 5/min '
                 '--limit-burst 3', '-p tcp -m connlimit --connlimit-above 2',
                 '-m recent --name x --update --seconds 30 --hitcount 3',
                 '-m recent --name x --set', '-m statistic --mode random '
                 '--probability 0.5', '-m statistic --mode nth --every 2 --packet 0',
                 '-p tcp -m tcpmss --mss 1000:1500', '-m length --length 40:60',
                 '-m ttl --ttl-gt 60' if version == 4 else '-m hl --hl-gt 60',
                 '-m time --timestart 08:00 --timestop 20:00',
                 '-m string --string abc --algo bm', '-m quota --quota 100',
                 '-m hashlimit --hashlimit-above 5/sec --hashlimit-name y',
                 '-p tcp --tcp-option 2', '-m u32 --u32 "0=1"',
                 '-m connbytes --connbytes 10: --connbytes-dir both '
                 '--connbytes-mode packets', '-m ecn --ecn-ip-ect 0')


def _nat(v, version, hook):
    target = '192.0.2.11' if version == 4 else '2001:db8:1::11'
    far = '10.0.0.7' if version == 4 else '2001:db8:2::7'
    brackets = (lambda a: a) if version == 4 else (lambda a: f'[{a}]')
    if hook in ('PREROUTING', 'OUTPUT'):
        return v.one('-j REDIRECT', f'-j REDIRECT --to-ports {v.service()}',
                     f'-j DNAT --to-destination {target}',
                     f'-j DNAT --to-destination {brackets(far)}:{v.service()}',
                     f'-j DNAT --to-destination {brackets(target)}:{v.service()}',
                     '-j ACCEPT')
    if hook == 'POSTROUTING':
        return v.one('-j MASQUERADE', f'-j SNAT --to-source {target}',
                     '-j ACCEPT')
    return '-j ACCEPT'


def _target(v, version, table, hook, chains):
    """Return (text, is it volatile)."""
    kinds = {'ACCEPT': 30, 'DROP': 14, 'RETURN': 6, 'LOG': 4, '': 5}
    if chains:
        kinds.update({'jump': 16, 'goto': 4})
    if table in ('filter', 'security') and table != 'security':
        kinds['REJECT'] = 10
    if table == 'mangle':
        kinds.update({'MARK': 14, 'CONNMARK': 4, 'other': 4})
    if table == 'raw':
        kinds.update({'NOTRACK': 5})
    kind = v.weighed(kinds)
    if kind == 'jump':
        return f'-j {v.rng.choice(chains)}'
    if kind == 'goto':
        return f'-g {v.rng.choice(chains)}'
    if kind == 'REJECT':
        with_ = v.one('', 'tcp', 'icmp')
        if with_ == 'tcp':
            return '-p tcp -j REJECT --reject-with tcp-reset'
        if with_ == 'icmp':
            return f'-j REJECT --reject-with {v.rng.choice(REJECTS[version])}'
        return '-j REJECT'
    if kind == 'LOG':
        return '-j ' + v.one('LOG', 'LOG --log-prefix "x: "', 'NFLOG')
    if kind == 'MARK':
        return '-j MARK ' + v.one(f'--set-mark {v.mark()}', '--or-mark 0x10',
                                  '--set-xmark 0x1/0x3', '--and-mark 0xf0',
                                  '--xor-mark 0x3')
    if kind == 'CONNMARK':
        return '-j CONNMARK ' + v.one('--save-mark', '--restore-mark',
                                      f'--set-mark {v.mark()}')
    if kind == 'NOTRACK':
        return v.one('-j CT --notrack', '-j NOTRACK')
    if kind == 'other':
        return v.one('-p tcp --syn -j TCPMSS --set-mss 1200', '-j DSCP --set-dscp 8',
                     '' if hook in ('PREROUTING', 'INPUT', 'own')
                     else '-j CLASSIFY --set-class 1:1',
                     f'-p tcp --dport {v.port()} -j TPROXY --on-port 8888 '
                     '--tproxy-mark 0x1' if hook == 'PREROUTING' else '')
    return f'-j {kind}' if kind else ''


def _tidy(text):
    """Return it with the protocol given once, or None where an option is
    given twice."""
    if '-p tcp' in text:
        for word in ('! -p udp', '! -p tcp', '-p udp', '-p all', '-p tcp'):
            text = text.replace(word, '')
        text = '-p tcp ' + ' '.join(text.split())
    words = text.replace('-m tcp ', '').split()
    once = [word for word in words if word.startswith('-')
            and word not in ('-m', '--comment', '--src-type', '--dst-type')]
    modules = [b for a, b in zip(words, words[1:]) if a == '-m']
    if '-m multiport' in text and ('port ' in text):
        return None
    if len(once) != len(set(once)) or len(modules) != len(set(modules)):
        return None
    return text


def _rule(v, version, table, hook, chains, share):
    parts, is_volatile = [], False
    for _ in range(v.weighed({0: 1, 1: 8, 2: 5, 3: 2})):
        if v.chance(share):
            parts.append(_volatile(v, version))
            is_volatile = True
        else:
            parts.append(_match(v, version, hook))
    if table == 'nat' and hook in HOOKS['nat']:
        parts = [_ports(v)] + parts[1:] + [_nat(v, version, hook)]
    else:
        parts.append(_target(v, version, table, hook, chains))
    text = _tidy(' '.join(part for part in parts if part))
    if text is None:
        return None
    return Rule(text, is_volatile or any(
        f'-m {word} ' in text for word in ('owner', 'mac')))


def _build(v, version, name, share):
    table = XTable(version, name)
    own = [f'{v.one("ufw-user", "f2b-smtp", "DOCKER", "chain")}-{name}-{i}'
           for i in range(v.rng.randint(0, 3))] if name != 'nat' else []
    for i, chain_name in enumerate(own):
        chain = Chain(chain_name, '-')
        for _ in range(v.rng.randint(0, 5)):
            rule = _rule(v, version, name, 'own', own[i + 1:], share)
            if rule and 'TPROXY' not in rule.text:
                chain.rules.append(rule)
        table.chains.append(chain)
    for hook in HOOKS[name]:
        is_closed = name == 'filter' and v.chance(
            {'INPUT': 0.4}.get(hook, 0.15))
        chain = Chain(hook, 'DROP' if is_closed else 'ACCEPT')
        if is_closed and v.chance(0.6):
            chain.rules.append(Rule(v.one(
                '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
                '-m state --state ESTABLISHED -j ACCEPT')))
        most = {'filter': 7, 'mangle': 3, 'raw': 2}.get(name, 3)
        for _ in range(v.rng.randint(0, most)):
            rule = _rule(v, version, name, hook, own, share)
            if rule:
                chain.rules.append(rule)
        if is_closed and v.chance(0.7):
            chain.rules.append(Rule(f'-p tcp --dport {v.port()} -j ACCEPT'))
        table.chains.append(chain)
    return table


def tables(v, share):
    """Return tables of one version or of both."""
    found = []
    for version in v.one((4, 6), (4, 6), (4,), (6,)):
        for name in ('raw', 'mangle', 'nat', 'security', 'filter'):
            odds = {'filter': 1, 'nat': 0.5, 'mangle': 0.4}.get(name, 0.2)
            if v.chance(odds):
                found.append(_build(v, version, name, share))
    return found
