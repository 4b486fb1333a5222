"""What the kernel did beside what the evaluator says."""

import re

# What a rule's statement is in the kernel's trace.
_AS_TRACED = (('reject', 'drop'), ('fwd', 'stolen'))
# What is told besides a verdict; the kernel's trace has only that.
_ASIDE = ('continue', 'dnat', 'snat', 'redirect', 'masquerade', 'tproxy')


class Said:
    """One line of the driver."""

    def __init__(self, line):
        fields = line.rstrip('\n').split('\t')
        self.outcome, self.usual, path, reply, self.reason = fields
        self.path = _steps(path)
        self.reply = _steps(reply)

    def text(self):
        usual = f' (usually {self.usual})' if self.outcome == 'depends' else ''
        return (f'{self.outcome}{usual}: {" ; ".join(self.path)} | '
                f'{" ; ".join(self.reply)} | {self.reason}')


def _steps(text):
    steps = []
    for step in text.split(' ; ') if text else ():
        where, _, verdict = step.partition('=')
        if where.endswith('#') or verdict.split()[0] in _ASIDE:
            continue  # the end of a chain says nothing about the way
        for word, traced in _AS_TRACED:
            if verdict.startswith(word):
                verdict = traced
        steps.append(f'{where}={verdict}')
    return steps


def _chains(paths):
    return {step.partition('#')[0] for path in paths for step in path}


def _outcomes(said):
    """Return the outcomes that `depends` names."""
    return set(re.findall(r'\b(accept|drop|reject)', said.reason)) | {said.usual}


def reasons(said):
    """Return what it hangs on, without the places."""
    return {f'{said.outcome}: {part.split(" (")[0]}'
            for part in said.reason.split('; ')}


def _is_same(kernel, said_outcome):
    """The kernel's outcome against one that is said."""
    if kernel.outcome == said_outcome:
        return True
    # A rejected answer to the SYN: the reset goes to this host itself. And
    # what a reject sends may be dropped by other rules.
    if said_outcome == 'reject' and kernel.outcome == 'drop':
        return bool(kernel.reply) or kernel.is_refusal_lost
    return False


def judge(kernel, said, volatile, is_port_told):
    """Return (kind, text): 'agree', 'other way', 'depends', 'unknown',
    'silent', 'differ'."""
    if kernel.outcome is None:
        return 'silent', 'the kernel leaves no evidence'
    may = not is_port_told or bool(volatile & _chains(
        (kernel.path, kernel.reply, said.path, said.reply)))
    if said.outcome in ('depends', 'unknown'):
        if not may:
            return 'differ', f'{said.outcome} without a reason on the path'
        if said.outcome == 'depends' and not any(
                _is_same(kernel, outcome) for outcome in _outcomes(said)):
            return 'differ', 'it depends, but not so that this can happen'
        return said.outcome, ''
    if not _is_same(kernel, said.outcome):
        return 'differ', 'another outcome'
    if may and (kernel.path, kernel.reply) != (said.path, said.reply):
        return 'other way', ''  # all of them lead to the same end
    if kernel.path != said.path:
        return 'differ', 'another path'
    if kernel.reply != said.reply:
        return 'differ', 'another path of the answer'
    return 'agree', ''
