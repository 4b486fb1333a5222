"""Rule sets as real hosts have them, and the questions about them.

NAME.nft is in nft's language, with one set, chain, rule or brace a line;
NAME.v4 and NAME.v6 are as iptables-save and ip6tables-save print. What an
administrator expects of them stands in NAME.expect, a question a line:
in|out FROM TO PORT OUTCOME.
"""

import re
from pathlib import Path

from oracle import space, values
from oracle.probe import Question
from oracle.rules import Chain, Rule, RuleSet, Table, XTable

FOLDER = Path(__file__).resolve().parent.parent / 'corpus'

# What depends on time or state, in the words of both languages.
VOLATILE = re.compile(r'\blimit\b|\brecent\b|hashlimit|connlimit|ct count|quota'
                      r'|timeout|dynamic|skuid|owner|numgen|meta hour|\badd @')


def names():
    """Return the names of all of them."""
    return sorted({path.stem for path in FOLDER.iterdir()})


def _rule(line):
    return Rule(line, bool(VOLATILE.search(line)))


def _native(lines):
    tables, chain = [], None
    for line in lines:
        words = line.split()
        if not words:
            continue
        if words[0] == 'table':
            tables.append(Table(words[1], words[2]))
        elif words[0] == 'chain':
            chain = Chain(words[1])
            tables[-1].chains.append(chain)
        elif words[0] == 'type' and 'hook' in words:
            chain.head = line.strip()
        elif words[0] == '}':
            chain = None
        elif chain:
            chain.rules.append(_rule(line.strip()))
        else:
            tables[-1].parts.append(_rule(line.strip()))
    return tables


def _xtables(lines, version):
    tables = []
    for line in lines:
        if line.startswith('*'):
            tables.append(XTable(version, line[1:].strip()))
        elif line.startswith(':'):
            words = line[1:].split()
            tables[-1].chains.append(Chain(words[0], words[1]))
        elif line.startswith('-A '):
            _, name, text = line.strip().split(' ', 2)
            chain = next(c for c in tables[-1].chains if c.name == name)
            chain.rules.append(_rule(text))
    return tables


def rule_set(name):
    """Return the RuleSet of that name."""
    found = RuleSet()
    for suffix, read in (('nft', _native),
                         ('v4', lambda lines: _xtables(lines, 4)),
                         ('v6', lambda lines: _xtables(lines, 6))):
        path = FOLDER / f'{name}.{suffix}'
        if path.exists():
            tables = read(path.read_text(encoding='utf-8').splitlines())
            (found.tables if suffix == 'nft' else found.xtables).extend(tables)
    return found


def _asked(direction, source, to, port, source_port):
    interface = None
    if direction == 'in':
        is_eth1 = (source.startswith(values.BEHIND_ETH1)
                   or to in space.HOST['eth1'])
        interface = 'eth1' if is_eth1 else 'eth0'
    return Question(direction, source, to, port, source_port, interface)


def questions(name):
    """Return (questions, outcome that is expected or None for each)."""
    found, wanted = [], []
    path = FOLDER / f'{name}.expect'
    source_port = 20000
    if path.exists():
        for line in path.read_text(encoding='utf-8').splitlines():
            if not line or line.startswith('#'):
                continue
            direction, source, to, port, outcome = line.split()
            source_port += 1
            found.append(_asked(direction, source, to, int(port), source_port))
            wanted.append(outcome)
    for version in (4, 6):
        world, host = values.WORLD[version], values.HOST[version]
        for port in space.PORTS:
            for way in (('in', world[0], host[0]), ('in', world[1], host[1]),
                        ('in', world[2], host[0]), ('in', world[4], host[2]),
                        ('out', host[0], world[2]), ('out', host[2], world[4])):
                source_port += 1
                found.append(_asked(*way, port, source_port))
                wanted.append(None)
    return found, wanted
