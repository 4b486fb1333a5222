"""One rule set, tried: loaded, asked about, and put to the test of packets."""

import collections
import subprocess

from oracle import compare, corpus, generate, probe, space, trace

ASK_TIMEOUT_S = 20


class Driver:
    """The program that evaluates."""

    def __init__(self, path):
        self.path = path

    def ask(self, questions):
        """Return a Said for each question, about this namespace."""
        lines = ''.join(question.line() + '\n' for question in questions)
        result = subprocess.run([self.path], input=lines.encode(), check=False,
                                capture_output=True, timeout=ASK_TIMEOUT_S)
        answers = result.stdout.decode(errors='replace').splitlines()
        if result.returncode or len(answers) != len(questions):
            raise RuntimeError(
                f'the driver ended with {result.returncode} after '
                f'{len(answers)} answers: {result.stderr.decode().strip()}')
        return [compare.Said(line) for line in answers]


class Result:
    """What became of a rule set."""

    def __init__(self, seed):
        self.seed = seed
        self.rules = None  # as they were loaded
        self.counts = {}  # of judgements and of the kernel's outcomes
        self.skipped = []  # lines that could not be loaded
        self.differences = []  # (question, kernel, said, text)
        self.error = None
        self.reasons = collections.Counter()  # of what is not decided
        self.is_verbose = False
        self.wanted = {}  # by question, the outcome that is expected

    def count(self, name):
        self.counts[name] = self.counts.get(name, 0) + 1


def run(rules, questions, driver, result):
    """Load the rules into a fresh pair of namespaces and ask both."""
    with space.Pair() as pair:
        rules.load(trace.RULES)
        events = trace.Trace()
        try:
            said = driver.ask(questions) if driver else [None] * len(questions)
            volatile = rules.volatile_chains()
            for question, answer in zip(questions, said):
                _one(pair, events, question, answer, volatile, result)
        finally:
            events.close()
        if result.is_verbose:
            subprocess.run(['nft', '-a', 'list', 'ruleset'], check=False)
    result.skipped = list(rules.skipped)
    return result


def example(name, driver):
    """Try a rule set of the corpus; what was expected, too."""
    result = Result(name)
    result.rules = corpus.rule_set(name)
    questions, wanted = corpus.questions(name)
    result.wanted = dict(zip(questions, wanted))
    try:
        run(result.rules, questions, driver, result)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        result.error = str(error)
    if result.skipped:
        result.error = f'not loaded: {result.skipped}'
    return result


def explain(question, kernel, said, text):
    """Return both answers in words."""
    return (f'{text}\n  asked      {question.line()}\n'
            f'  the kernel {kernel.outcome} {kernel.note}: '
            f'{" ; ".join(kernel.path)} | {" ; ".join(kernel.reply)}\n'
            f'  mailfix    {said.text()}\n')


def _one(pair, events, question, said, volatile, result):
    kernel = probe.ask(pair, events, question)
    result.count(f'{question.direction} {kernel.outcome}')
    if said is None:
        return
    if said.outcome in ('depends', 'unknown'):
        result.reasons.update(compare.reasons(said))
    kind, text = compare.judge(kernel, said, volatile, question.is_port_told)
    result.count(kind)
    wanted = result.wanted.get(question)
    if wanted and kernel.outcome != wanted:
        kind, text = 'differ', f'{wanted} was expected'
    if result.is_verbose:
        print(explain(question, kernel, said, f'{kind} {text}'))
    if kind == 'differ':
        result.differences.append((question, kernel, said, text))


def seed(number, probes, driver):
    """Try the rule set of a seed; once more where they differ."""
    for _ in range(2):
        result = Result(number)
        try:
            result.rules = generate.rule_set(number)
            run(result.rules, generate.questions(number, probes), driver,
                result)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            result.error = str(error)
        if not result.differences and not result.error:
            break
    return result
