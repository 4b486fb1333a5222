"""Mail in a host's queue: put there in bulk, sent in, or listed."""

import dataclasses
import json
from pathlib import Path

from lab import proc, store

_SOURCES = Path(__file__).parent / 'mkqueue'
_SPOOL = '/var/spool/postfix'


@dataclasses.dataclass(frozen=True)
class Queued:
    """A message that fill() put into the queue."""

    queue_id: str
    message_id: str
    recipients: tuple


def fill(host, count, *, domains=500, skew=1.1, several=0.0, bounces=0.0,
         ages_s=(60, 345600), bounce_ages_s=None, next_try_s=3600,
         reason=None, long_ids=False, seed=1):
    """Put messages into the deferred queue, as if they had failed before.

    domains     how many to invent (d1.test is the most frequent), or a list
    skew        exponent of the domains' Zipf law; 0 for all alike
    several     share of messages with several recipients
    bounces     share of messages with an empty sender
    ages_s      (youngest, oldest) in seconds; bounce_ages_s for bounces. At
                five days Postfix returns a message instead of trying it.
    next_try_s  from now until Postfix tries each
    reason      'STATUS TEXT' why all wait, %s is the domain; None: a mix

    Returns a list of Queued. Takes a second for 8,000 messages.
    """
    destinations = (['-d', domains] if isinstance(domains, int) else
                    [word for domain in domains for word in ('-D', domain)])
    owner = host.sh(['stat', '--format=%u:%g', f'{_SPOOL}/deferred']).strip()
    listing = proc.run([
        _program(), '-n', count, *destinations, '-z', skew, '-m', several,
        '-b', bounces, '-a', '%d-%d' % ages_s,
        '-A', '%d-%d' % (bounce_ages_s or ages_s), '-f', next_try_s,
        *(['-r', reason] if reason else []), '-H', host.name, '-o', owner,
        '-i', 'long' if long_ids else 'short', '-s', seed,
        host.outside(_SPOOL)], timeout_s=600).check().stdout
    rows = (line.split('\t') for line in listing.splitlines())
    return [Queued(queue_id, message_id, tuple(recipients))
            for queue_id, message_id, *recipients in rows]


def submit(host, recipient, *, count=1, sender='sender@example.com',
           sessions=4, length=1000, port=25, numbered=False):
    """Send messages to the host's own SMTP server, many at a time.

    numbered  each to a recipient of its own: a number is put before the
              address; else they differ in their Message-ID only, and what
              Postfix looks up for the recipient comes from its cache
    """
    host.sh(['smtp-source', '-m', count, '-s', min(count, sessions),
             '-l', length, *(['-N'] if numbered else []),
             '-f', sender, '-t', recipient, '-M', host.name,
             f'127.0.0.1:{port}'], timeout_s=300)


def sendmail(host, recipient, text, sender='sender@example.com'):
    """Hand one message, with its headers, to sendmail(1)."""
    host.sh(['sendmail', '-i', '-f', sender, recipient], stdin=text)


def listing(host):
    """Return what waits, as postqueue -j tells it."""
    return [json.loads(line) for line in
            host.sh(['postqueue', '-j']).splitlines()]


def ids(host, *, state=None, domain=None):
    """Return the queue ids, of one state or destination if named."""
    return {each['queue_id'] for each in listing(host)
            if state in (None, each['queue_name']) and
            (domain is None or any(to['address'].endswith(f'@{domain}')
                                   for to in each['recipients']))}


def _program():
    """Return the path of mkqueue, compiled if its sources have changed."""
    sources = sorted(_SOURCES.glob('*.[ch]'))
    key = store.key(*(path.read_bytes() for path in sources))
    return store.build_once(f'mkqueue-{key}', lambda slot: _compile(
        slot.dir / 'mkqueue', [path for path in sources
                               if path.suffix == '.c']))


def _compile(program, sources):
    proc.run(['cc', '-std=c17', '-D_GNU_SOURCE', '-O2', '-o', program,
              *sources, '-lm']).check()
    return program
