"""What a test did, kept so that a failure can be told from its beginning.

Every command the lab runs is noted here, with its exit status and the end of
its output; a host adds its journal when a test fails. The worker takes the
notes of one test and hands them to the runner.
"""

_TAIL_CHARS = 2000
_notes = []


def note(title, text=''):
    """Keep one note: a line, and text below it."""
    _notes.append(f'{title}\n{_indent(text)}' if text.strip() else title)


def command(where, argv, rc, seconds, output):
    """Keep one command that ended."""
    note(f'{where}$ {" ".join(argv)}   [{rc}, {seconds:.2f} s]',
         output[-_TAIL_CHARS:])


def take():
    """Return all notes as one text and forget them."""
    text = '\n'.join(_notes)
    _notes.clear()
    return text


def _indent(text):
    return '\n'.join('    ' + line for line in text.rstrip().splitlines())
