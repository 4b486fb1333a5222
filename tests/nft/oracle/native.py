"""Random rule sets in nft's own language."""

from oracle import matches
from oracle.rules import Chain, Rule, Table

FAMILIES = {'inet': 5, 'ip': 3, 'ip6': 2, 'netdev': 1}
# What hooks a kind of chain has, and the priorities that are usual there.
FILTER_HOOKS = {'input': 8, 'output': 5, 'prerouting': 4, 'postrouting': 2,
                'forward': 1.5}
PRIORITIES = {'filter': (-300, -200, -150, -110, -100, -90, -10, -1, 0, 0, 0, 0,
                         1, 5, 10, 20, 50, 100, 150, 300),
              'nat': (-150, -100, -100, -90, 0, 0, 50, 100, 100),
              'route': (-150, -150, 0, 10)}
REJECTS = {
    'inet': ('reject', 'reject with tcp reset', 'reject with icmpx type '
             'port-unreachable', 'reject with icmpx type admin-prohibited',
             'reject with icmpx no-route',
             'reject with icmp host-unreachable',
             'reject with icmpv6 addr-unreachable'),
    'ip': ('reject', 'reject with tcp reset', 'reject with icmp net-unreachable',
           'reject with icmp host-prohibited', 'reject with icmp '
           'port-unreachable', 'reject with icmp admin-prohibited'),
    'ip6': ('reject', 'reject with tcp reset', 'reject with icmpv6 no-route',
            'reject with icmpv6 admin-prohibited',
            'reject with icmpv6 policy-fail'),
}
SET_KINDS = {'inet_service': 4, 'ipv4_addr': 3, 'ipv6_addr': 3, 'ifname': 1,
             'ipv4_addr . inet_service': 2, 'ipv6_addr . inet_service': 1,
             'ifname . inet_service': 1}


class Set:
    """A named set or verdict map of a table."""

    def __init__(self, name, kind, is_map, is_volatile):
        self.name = name
        self.kind = kind
        self.is_map = is_map
        self.is_volatile = is_volatile


class Builder:
    """Makes tables; `v` draws the values."""

    def __init__(self, values, volatile_share):
        self.v = values
        self.volatile_share = volatile_share
        self.counter = 0
        self.has_tally = False  # has the table a counter of that name?

    def name(self, stem):
        self.counter += 1
        return f'{stem}{self.counter}'

    # --- sets

    def _key(self, field, is_interval):
        v = self.v
        if field == 'inet_service':
            if is_interval and v.chance(0.5):
                return '-'.join(map(str, v.port_range()))
            return str(v.port())
        if field == 'ifname':
            return f'"{v.interface()}"'
        version = 4 if field == 'ipv4_addr' else 6
        if is_interval and v.chance(0.6):
            return v.prefix(version)
        return v.address(version)

    def _keys(self, kind, is_interval):
        v, count = self.v, self.v.rng.randint(1, 5)
        # a large set is looked up in another way than a small one
        strangers = v.rng.randint(40, 90) if v.chance(0.2) else 0
        if ' . ' in kind:
            # two ranges of a concatenation may overlap each other
            count = min(count, 2) if is_interval else count
            return list(dict.fromkeys(
                ' . '.join(self._key(f, is_interval) for f in kind.split(' . '))
                for _ in range(count)))
        if kind == 'inet_service' and is_interval:
            return v.disjoint_ports(count, strangers)
        if kind.endswith('_addr') and is_interval:
            return v.disjoint(int(kind[3]), count, strangers)
        if kind == 'ifname' and is_interval:
            return v.one(['"eth*"', '"lo"'], ['"w*"'], ['"et*"', '"wlan0"'])
        keys = [self._key(kind, False) for _ in range(count)]
        for _ in range(strangers):
            if kind == 'inet_service':
                keys.append(str(v.rng.randint(1, 65535)))
            elif kind != 'ifname':
                keys.append(v.stranger(int(kind[3])).split('/')[0])
        return list(dict.fromkeys(keys))

    def set_(self, table, chains):
        """Add a named set, or a verdict map that leads to `chains`."""
        v = self.v
        kind = v.weighed(SET_KINDS)
        is_map = v.chance(0.3)
        is_interval = v.chance(0.5)
        is_timed = v.chance(0.1) and self.volatile_share > 0
        keys = self._keys(kind, is_interval)
        if v.chance(0.12):
            keys.append('*')
        flags = ', '.join(flag for flag, on in (
            ('interval', is_interval), ('timeout', is_timed)) if on)
        name = self.name('map' if is_map else 'set')
        items = []
        for key in keys:
            text = key
            if is_timed and v.chance(0.7):
                text += ' timeout 1h'
            if is_map:
                text += ' : ' + self._map_verdict(chains)
            items.append(text)
        text = f'{"map" if is_map else "set"} {name} {{ type {kind}'
        text += ' : verdict' if is_map else ''
        text += f'; flags {flags}' if flags else ''
        text += f'; elements = {{ {", ".join(items)} }}' if items else ''
        table.parts.append(Rule(text + '; }', is_timed))
        return Set(name, kind, is_map, is_timed)

    def _map_verdict(self, chains):
        v = self.v
        kind = v.weighed({'accept': 4, 'drop': 3, 'return': 1, 'continue': 1,
                          'jump': 3, 'goto': 1})
        if kind in ('jump', 'goto'):
            return f'{kind} {v.rng.choice(chains)}' if chains else 'drop'
        return kind

    # --- rules

    def verdict(self, context, chains, can_reject):
        v, family = self.v, context.family
        table = {'accept': 32, 'drop': 14, '': 12, 'return': 5}
        if chains:
            table.update({'jump': 18, 'goto': 5})
        if can_reject and family in REJECTS:
            table['reject'] = 10
        kind = v.weighed(table)
        if kind in ('jump', 'goto'):
            return f'{kind} {v.rng.choice(chains)}'
        if kind == 'reject':
            wrong = 'icmpv6' if context.version(v) == 4 else 'icmp '
            return v.rng.choice([r for r in REJECTS[family] if wrong not in r])
        return kind

    def statement(self):
        v = self.v
        mask = v.one(1, 0x10, 0x100)
        return v.one(
            'counter', 'counter', 'log', 'log prefix "x: " level info',
            f'meta mark set {v.mark()}', f'meta mark set meta mark | {mask}',
            f'ct mark set {v.mark()}', 'ct mark set meta mark',
            'meta mark set ct mark', 'log group 3', 'comment', 'counter name',
            'meta priority set 1:1', 'tcp option maxseg size set 1200',
            'meta pkttype set host',
            f'meta mark set tcp dport map {{ {v.port()} : {v.mark()} }}',
            'meta mark set tcp dport map @marks', 'ct helper set "ftp-help"',
            'quota name "much"', 'limit name "often"',
            f'meta mark set jhash tcp dport mod 4 seed 0x{v.mark():x}',
            'ct label set 1', 'ct event set new', 'dscp')

    def vmap(self, context, chains):
        """Return a verdict map, of its own or a named one."""
        v = self.v
        version = context.version(v)
        maps = [s for s in context.sets if s.is_map
                and f'ipv{10 - version}' not in s.kind]
        if maps and v.chance(0.4):
            found = v.rng.choice(maps)
            keys = {'inet_service': 'tcp dport', 'ipv4_addr': 'ip saddr',
                    'ipv6_addr': 'ip6 saddr', 'ifname': 'iifname'}
            key = ' . '.join(keys[f] for f in found.kind.split(' . '))
            return f'{key} vmap @{found.name}', found.is_volatile
        verdict = lambda: self._map_verdict(chains)
        ip = 'ip' if version == 4 else 'ip6'
        items = {
            'tcp dport': [f'{p} : {verdict()}' for p in v.disjoint_ports(4)],
            f'{ip} saddr': [f'{a} : {verdict()}'
                            for a in v.disjoint(version, 3)],
            'ct state': [f'{s} : {verdict()}' for s in v.some(
                ('new', 'established', 'related', 'invalid'), 3)],
            'iifname': [f'"{n}" : {verdict()}' for n in v.some(
                ('eth0', 'eth1', 'lo', 'w*'), 3)],
            'meta l4proto': [f'tcp : {verdict()}', f'udp : {verdict()}'],
            'meta nfproto': [f'ipv4 : {verdict()}', f'ipv6 : {verdict()}'],
            f'{ip} saddr . tcp dport': [
                f'{v.address(version)} . {v.port()} : {verdict()}'],
            'iifname . tcp dport': [
                f'"{v.interface()}" . {v.port()} : {verdict()}'],
            'meta mark': [f'{m} : {verdict()}' for m in v.some((0, 1, 2), 2)],
            'tcp dport & 3': [f'{n} : {verdict()}' for n in (0, 1, 2)],
        }
        key = v.rng.choice(list(items))
        if v.chance(0.15) and key != 'ct state':
            items[key].append(f'* : {verdict()}')
        return f'{key} vmap {{ {", ".join(items[key])} }}', False

    def rule(self, context, chains, can_reject):
        v = self.v
        parts, is_volatile = [], False
        context.begin()
        for _ in range(v.weighed({0: 1, 1: 8, 2: 5, 3: 2})):
            table = matches.MATCHES
            if v.chance(self.volatile_share):
                table, is_volatile = matches.VOLATILE, True
            text = v.weighed(table)(v, context)
            if text and matches.fits(text, context):
                parts.append(text)
                is_volatile |= bool(matches.UNSEEN.search(text))
                is_volatile |= any(f'@{s.name}' in text and s.is_volatile
                                   for s in context.sets)
        last = []
        if v.chance(0.15):
            text = self.statement()
            if text == 'comment':
                last = ['comment "a remark"']
            elif text == 'counter name':
                parts.append('counter name "tally"' if self.has_tally
                             else 'counter')
            elif '@marks' in text and not self.has_tally:
                pass
            elif ' name "' in text:
                if self.has_tally and self.volatile_share:
                    parts.append(text)
                    is_volatile = True
            elif 'helper' in text:
                if context.hooks == {'prerouting'} and self.has_tally:
                    parts.append('meta l4proto tcp ' + text)
            elif text == 'dscp':
                ip = 'ip' if context.version(v) == 4 else 'ip6'
                parts.append(f'{ip} dscp set cs1')
            elif matches.fits(text, context):
                parts.append(text)
                # what a client does not send cannot be changed
                is_volatile |= text.startswith('tcp option') or 'jhash' in text
        if v.chance(0.1):
            text, is_timed = self.vmap(context, chains)
            if matches.fits(text, context):
                parts.append(text)
                is_volatile |= is_timed
        else:
            parts.append(self.verdict(context, chains, can_reject))
        text = ' '.join(p for p in parts + last if p)
        return Rule(text or 'counter', is_volatile)

    # --- nat and the like

    def nat_rule(self, family, hook):
        v = self.v
        version = {'ip': 4, 'ip6': 6}.get(family) or v.one(4, 6)
        word = ('ip' if version == 4 else 'ip6') if family == 'inet' else ''
        brackets = (lambda a: a) if version == 4 else (lambda a: f'[{a}]')
        context = matches.Context('ip' if version == 4 else 'ip6', {hook}, [])
        parts = [matches.ports(v, context).replace('th ', 'tcp ')] if v.chance(0.8) else [
            'meta l4proto tcp']
        if v.chance(0.4):
            parts.append(v.one(matches.address, matches.interface,
                               matches.state, matches.mark)(v, context))
        if hook in ('prerouting', 'output'):
            target = v.one(*((
                '192.0.2.11', '10.0.0.7', '203.0.113.50', '10.0.0.10')
                if version == 4 else (
                '2001:db8:1::11', '2001:db8:2::7', '2001:db8:77::50',
                '2001:db8:2::10')))
            kind = v.weighed({'redirect': 3, 'redirect to': 3, 'dnat': 2,
                              'dnat port': 3, 'map': 1, 'address map': 1,
                              'pair map': 0.7, 'accept': 1, 'drop': 0.4})
            parts.append({
                'address map': f'dnat {word} to tcp dport map '
                               f'{{ {v.port()} : {target}, 1000 : {target} }}',
                'pair map': f'dnat {word or context.family} to tcp dport map '
                            f'{{ {v.port()} : {target} . {v.service()} }}',
                'redirect': 'redirect', 'redirect to': f'redirect to :{v.service()}',
                'dnat': f'dnat {word} to {target}',
                'dnat port': f'dnat {word} to {brackets(target)}:{v.service()}',
                'map': f'redirect to tcp dport map {{ {v.port()} : {v.service()}, '
                       f'1000 : 25 }}',
                'accept': 'accept', 'drop': 'drop'}[kind])
        else:
            source = '192.0.2.11' if version == 4 else '2001:db8:1::11'
            if hook == 'input':
                source = '198.51.100.200' if version == 4 else '2001:db8:77::c8'
            kinds = {'snat': 3, 'accept': 1}
            if hook == 'postrouting':
                kinds['masquerade'] = 4
            kind = v.weighed(kinds)
            parts.append({'snat': f'snat {word} to {source}',
                          'masquerade': 'masquerade',
                          'accept': 'accept'}[kind])
        return Rule(' '.join(' '.join(p for p in parts if p).split()))

    def special_rule(self, context, hook):
        """Return a rule that has its place on this hook only, or None."""
        v = self.v
        port = f'tcp dport {v.port()}'
        if hook == 'prerouting' and context.family in ('ip', 'ip6', 'inet'):
            word = {'ip': '', 'ip6': ''}.get(context.family, v.one(
                'ip ', 'ip6 '))
            to = ':8888'
            if word and v.chance(0.5):
                to = v.one('192.0.2.10:8888', '10.0.0.10') if word == 'ip ' \
                    else v.one('[2001:db8:1::10]:8888', '[2001:db8:2::10]')
            else:
                word = ''
            return Rule(v.one(f'{port} tproxy {word}to {to}',
                              f'{port} tproxy {word}to {to} accept',
                              f'{port} notrack', f'{port} notrack accept',
                              'notrack'))
        if hook == 'output':
            return Rule(v.one(f'{port} notrack', f'tcp sport {v.port()} notrack',
                              'notrack'))
        if hook == 'ingress':
            return Rule(v.one(f'{port} dup to "lo"', f'{port} fwd to "lo"',
                              f'{port} reject with tcp reset'))
        if hook in ('input', 'forward') and self.volatile_share:
            return Rule(v.one(
                f'{port} queue num 3 bypass', f'{port} add @seen {{ ip saddr }}',
                f'{port} update @seen {{ ip saddr timeout 1m }}',
                f'{port} ip saddr @seen drop', f'{port} synproxy mss 1460 '
                'wscale 7'), True)
        return None

    # --- chains and tables

    def base_head(self, family):
        """Return (type, hook, text) of a base chain."""
        v = self.v
        if family == 'netdev':
            device = v.one('eth0', 'eth0', 'eth1')
            priority = v.one(-100, 0, 0, 10)
            return 'filter', 'ingress', (
                f'type filter hook ingress device "{device}" '
                f'priority {priority};')
        kind = v.weighed({'filter': 8, 'nat': 2, 'route': 0.5})
        if kind == 'nat':
            hook = v.weighed({'prerouting': 5, 'output': 2, 'postrouting': 3,
                              'input': 1})
        elif kind == 'route':
            hook = 'output'
        else:
            hook = v.weighed(FILTER_HOOKS)
            if family == 'inet' and v.chance(0.06):
                priority = v.one(-10, 0, 10)
                return 'filter', 'ingress', (
                    'type filter hook ingress device "eth0" '
                    f'priority {priority};')
        priority = v.rng.choice(PRIORITIES[kind])
        return kind, hook, f'type {kind} hook {hook} priority {priority};'

    def table(self):
        v = self.v
        family = v.weighed(FAMILIES)
        table = Table(family, self.name('t'), v.chance(0.05))
        self.has_tally = v.chance(0.3)
        if self.has_tally:
            table.parts += [
                Rule('counter tally { }'), Rule('quota much { over 1 mbytes }'),
                Rule('limit often { rate 5/second }'),
                Rule('map marks { type inet_service : mark; elements = { '
                     f'{v.service()} : {v.mark()}, 9 : {v.mark()} }}; }}')]
            if family in ('ip', 'ip6', 'inet'):
                table.parts.append(
                    Rule('ct helper ftp-help { type "ftp" protocol tcp; }'))
        if self.volatile_share and family in ('ip', 'inet'):
            table.parts.append(Rule('set seen { type ipv4_addr; size 100; '
                                    'flags dynamic, timeout; }', True))
        # Chains to jump to, of three kinds: those where a reject may stand,
        # those for any chain of type filter, those for any chain at all.
        jumped = {kind: [self.name(kind) for _ in range(v.rng.randint(0, n))]
                  for kind, n in (('local', 3), ('any', 2))}
        local = v.one({'input'}, {'input'}, {'input', 'output'}, matches.LOCAL)
        if family == 'netdev':
            jumped['local'] = []
        sets = [self.set_(table, jumped['any'])
                for _ in range(v.rng.randint(0, 4))]
        for kind, names in jumped.items():
            for i, name in enumerate(names):
                hooks = ({'ingress'} if family == 'netdev' else
                         local if kind == 'local' else matches.ALL)
                # a loop is not to be, so only to those that come later
                later = names[i + 1:]
                if kind == 'local':
                    later = later + jumped['any']
                clean = ([s for s in sets if not s.is_map] if kind == 'any'
                         else sets)
                context = matches.Context(family, hooks, clean)
                table.chains.append(Chain(name, '', [
                    self.rule(context, later, kind == 'local')
                    for _ in range(v.rng.randint(0, 5))]))
        for _ in range(v.weighed({1: 3, 2: 4, 3: 3, 4: 1})):
            table.chains.append(self.base(family, sets, jumped, local))
        return table

    def base(self, family, sets, jumped, local):
        v = self.v
        kind, hook, head = self.base_head(family)
        # Elsewhere a policy of drop leaves nothing to be seen.
        share = 0.35 if hook == 'input' else 0.12 if kind == 'filter' else 0
        is_closed = v.chance(share)
        head += f' policy {"drop" if is_closed else "accept"};'
        chain = Chain(self.name(hook[:2]), head)
        context = matches.Context(family, {hook}, sets)
        if kind == 'nat':
            chain.rules = [self.nat_rule(family, hook)
                           for _ in range(v.rng.randint(1, 4))]
            return chain
        targets = list(jumped['any'])
        can_reject = hook in ('input', 'output', 'forward', 'prerouting')
        if hook in local:
            targets += jumped['local']
        if v.chance(0.6 if is_closed else 0.3):
            chain.rules.append(Rule(v.one(
                'ct state established,related accept',
                'ct state vmap { established : accept, related : accept, '
                'invalid : drop }', 'tcp flags & (syn|ack) == syn|ack accept')
                if hook != 'ingress' else 'tcp flags != syn accept'))
        for _ in range(v.rng.randint(1, 8)):
            special = (self.special_rule(context, hook)
                       if v.chance(0.04) else None)
            chain.rules.append(
                special or self.rule(context, targets, can_reject))
        if is_closed and v.chance(0.7):
            for port in v.some(range(6), 3):
                chain.rules.insert(
                    v.rng.randint(0, len(chain.rules)),
                    Rule(f'tcp dport {v.port()} accept'))
        return chain
