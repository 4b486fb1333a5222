"""How an SMTP server of the world treats its clients.

A policy is plain data, so that it goes over the control socket as it is. All
limits are per client address, as real providers count them.
"""

import dataclasses

# Where in a session something happens, in the order of a session.
GREETING, HELO, MAIL, RCPT, DATA, MESSAGE = STAGES = (
    'greeting', 'helo', 'mail', 'rcpt', 'data', 'message')


@dataclasses.dataclass(frozen=True)
class Policy:
    """What one server does; the default accepts everything.

    connections  at most so many at once, then 421 instead of a greeting
    rate         (messages, seconds): at most so many in a window that slides
    rate_stage   where a message past the rate gets its 421: 'mail' when it is
                 offered, 'message' after all of it was sent
    greylist_s   a sender and recipient seen for the first time get 451 until
                 so many seconds have passed
    reject       {stage: reply}: what is answered there, whatever the client
                 says
    drop         the stage at which it closes the connection without a word
    delay_s      how long it waits before each reply (a tarpit)
    listen       'accept'; 'refuse': nothing listens; 'silent': packets to it
                 get lost
    """

    connections: int | None = None
    rate: tuple | None = None
    rate_stage: str = MAIL
    greylist_s: float | None = None
    reject: dict = dataclasses.field(default_factory=dict)
    drop: str | None = None
    delay_s: float = 0
    listen: str = 'accept'

    def __post_init__(self):
        for stage in (self.rate_stage, self.drop or MAIL, *self.reject):
            if stage not in STAGES:
                raise ValueError(f'no stage of a session: {stage}')


TOO_MANY_CONNECTIONS = ('421 4.7.0 Too many concurrent SMTP connections '
                        'from this IP address')
TOO_MANY_MESSAGES = ('421 4.7.28 Our system has detected an unusual rate of '
                     'mail from your IP address; try again later')
GREYLISTED = '451 4.7.1 Greylisted, please try again later'
