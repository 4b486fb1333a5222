"""A rule set as data: rendered, loaded, taken apart to be made smaller."""

import re
import subprocess


class Rule:
    """A line of a chain, or a set or an object of a table."""

    __slots__ = ('text', 'is_volatile')

    def __init__(self, text, is_volatile=False):
        self.text = text
        # Does something in it depend on time, state, or what a client is free
        # to choose? Then the evaluator may say so.
        self.is_volatile = is_volatile


class Chain:
    """A chain: `head` is its hook and policy, '' for a chain to jump to."""

    def __init__(self, name, head='', rules=()):
        self.name = name
        self.head = head
        self.rules = list(rules)


class Table:
    """A table as nft writes it; `parts` are its sets, maps and objects."""

    def __init__(self, family, name, is_dormant=False):
        self.family = family
        self.name = name
        self.is_dormant = is_dormant
        self.parts = []
        self.chains = []

    def lines(self):
        """Yield (text, the Rule, Chain or Table it stands for)."""
        yield f'table {self.family} {self.name} {{', self
        if self.is_dormant:
            yield '\tflags dormant', self
        for part in self.parts:
            yield '\t' + part.text, part
        # Declared first: a jump may lead to a chain that comes later.
        for chain in self.chains:
            yield f'\tchain {chain.name} {{ {chain.head} }}', chain
        yield '}', self
        yield f'table {self.family} {self.name} {{', self
        if self.is_dormant:
            yield '\tflags dormant', self  # without it, it would wake up
        for chain in self.chains:
            yield f'\tchain {chain.name} {{', chain
            for rule in chain.rules:
                yield '\t\t' + rule.text, rule
            yield '\t}', chain
        yield '}', self

    def lists(self):
        """Yield every list from which something can be taken away."""
        yield self.parts
        yield self.chains
        for chain in self.chains:
            yield chain.rules


class XTable:
    """A table of iptables (version 4) or ip6tables (6)."""

    def __init__(self, version, name):
        self.version = version
        self.name = name
        self.chains = []  # Chain: head is the policy, '-' for one of its own

    family = property(lambda self: 'ip' if self.version == 4 else 'ip6')

    def lines(self):
        yield f'*{self.name}', self
        for chain in self.chains:
            yield f':{chain.name} {chain.head} [0:0]', chain
        for chain in self.chains:
            for rule in chain.rules:
                yield f'-A {chain.name} {rule.text}', rule
        yield 'COMMIT', self

    def lists(self):
        for chain in self.chains:
            yield chain.rules


class LoadError(Exception):
    """Nothing is left that the kernel takes."""


def _reason(error):
    """Return what a tool complains of, in a line."""
    found = re.search(r'(?:Error: |: )([^\n]+)', error)
    return found.group(1) if found else error.strip().split('\n')[0]


def _nft(text):
    result = subprocess.run(['nft', '-f', '-'], input=text.encode(),
                            capture_output=True, check=False)
    if result.returncode == 0:
        return None, ''
    error = result.stderr.decode(errors='replace')
    found = re.search(r'^/dev/stdin:(\d+):', error, re.MULTILINE)
    return int(found.group(1)) if found else 0, error


def _restore(version, text):
    program = 'iptables-nft-restore' if version == 4 else 'ip6tables-nft-restore'
    result = subprocess.run([program], input=text.encode(),
                            capture_output=True, check=False)
    if result.returncode == 0:
        return None, ''
    error = result.stderr.decode(errors='replace')
    found = re.search(r'line:? (\d+)', error)
    return int(found.group(1)) if found else 0, error


class RuleSet:
    """Tables of nft and of iptables, and the order in which they are loaded."""

    # A rule set in which more is wrong is not worth the time.
    TRIES = 12

    def __init__(self):
        self.tables = []
        self.xtables = []
        self.is_xtables_first = False
        self.is_listed = True  # may its lines be taken away one by one?
        self.skipped = []  # texts that the kernel or its tools did not take

    def lists(self):
        yield self.tables
        yield self.xtables
        for table in self.tables + self.xtables:
            yield from table.lists()

    def _native(self, before):
        lines = [(line, None) for line in before.splitlines()]
        for table in self.tables:
            lines += table.lines()
        return lines

    def _xlines(self, version):
        lines = []
        for table in self.xtables:
            if table.version == version:
                lines += table.lines()
        return lines

    def text(self):
        """Return it as a person reads it."""
        parts = [''.join(line + '\n' for line, _ in self._native(''))]
        for version in (4, 6):
            lines = self._xlines(version)
            if lines:
                parts.append(f'# iptables, version {version}\n'
                             + ''.join(line + '\n' for line, _ in lines))
        if self.is_xtables_first:
            parts = parts[1:] + parts[:1]
        return ''.join(parts)

    def _remove(self, lines, number, error):
        """Take away what stands in that line."""
        culprit = lines[number - 1][1] if 0 < number <= len(lines) else None
        if culprit is None:
            raise LoadError(error)
        # A chain alone cannot go: others jump to it. Its rules can.
        if isinstance(culprit, Chain) and culprit.rules:
            self.skipped.append((f'chain {culprit.head}', _reason(error)))
            culprit.rules.clear()
            return
        for items in self.lists():
            if culprit in items:
                items.remove(culprit)
                text = getattr(culprit, 'text', culprit.__class__.__name__)
                self.skipped.append((text, _reason(error)))
                return
        raise LoadError(error)

    def _load(self, lines_of, load):
        for _ in range(self.TRIES):
            lines = lines_of()
            if not lines:
                return
            number, error = load(''.join(line + '\n' for line, _ in lines))
            if number is None:
                return
            self._remove(lines, number, error)
        raise LoadError(error)

    def load(self, before):
        """Load into this namespace; `before` is nft text that comes first."""
        steps = [lambda: self._load(lambda: self._native(before), _nft)]
        xsteps = [lambda v=version: self._load(
            lambda: self._xlines(v), lambda text: _restore(v, text))
            for version in (4, 6)]
        for step in xsteps + steps if self.is_xtables_first else steps + xsteps:
            step()

    def volatile_chains(self):
        """Return family:table:chain of all that something volatile is in."""
        found = set()
        reached = {}
        for table in self.tables + self.xtables:
            marked = {part.text.split()[1] for part in
                      getattr(table, 'parts', ()) if part.is_volatile}
            for chain in table.chains:
                name = f'{table.family}:{table.name}:{chain.name}'
                texts = ' '.join(rule.text for rule in chain.rules)
                reached[name] = {
                    f'{table.family}:{table.name}:{other.name}'
                    for other in table.chains
                    if re.search(rf'\b{re.escape(other.name)}\b', texts)}
                # maps may lead anywhere in their table
                if any(rule.is_volatile or any('@' + m in rule.text
                                               for m in marked)
                       for rule in chain.rules):
                    found.add(name)
        changed = True
        while changed:
            more = {name for name, others in reached.items()
                    if others & found} - found
            found |= more
            changed = bool(more)
        return found
