"""How an SMTP server of the world treats its clients.

A policy is plain data, so that it goes over the control socket as it is. All
limits are per client address, as real providers count them.
"""

import dataclasses

# Where in a session something happens, in the order of a session.
GREETING, HELO, MAIL, RCPT, DATA, MESSAGE = STAGES = (
    'greeting', 'helo', 'mail', 'rcpt', 'data', 'message')

TOO_MANY_CONNECTIONS = ('421 4.7.0 Too many concurrent SMTP connections '
                        'from this IP address')
TOO_MANY_MESSAGES = ('421 4.7.28 Our system has detected an unusual rate of '
                     'mail from your IP address; try again later')
TOO_MANY_IN_SESSION = '421 4.7.0 Too many messages in this connection'
GREYLISTED = '451 4.7.1 Greylisted, please try again later'
# What Gmail says that no throttle helps against, in its several lines.
NO_PTR = (
    '421-4.7.23 The sending IP address for this message doesn\'t have a\r\n'
    '421-4.7.23 PTR record, or the record\'s forward DNS entry doesn\'t\r\n'
    '421-4.7.23 match the sending IP address. To protect users from spam,\r\n'
    '421 4.7.23 your email has been rate limited. - gsmtp')
SPF_FAILED = (
    '421-4.7.27 Your email has been rate limited because SPF\r\n'
    '421-4.7.27 authentication didn\'t pass for this message. Gmail\r\n'
    '421 4.7.27 requires all bulk email senders to use SPF. - gsmtp')
BAD_REPUTATION = (
    '421-4.7.0 [192.0.2.10      19] Our system has detected that this message'
    '\r\n421-4.7.0 is suspicious due to the very low reputation of the sending'
    '\r\n421-4.7.0 IP address. To protect our users from spam, mail sent from'
    '\r\n421 4.7.0 your IP address has been blocked. - gsmtp')


@dataclasses.dataclass(frozen=True)
class Policy:
    """What one server does; the default accepts everything.

    connections  at most so many sessions are served at once
    connections_stage
                 where a session past that gets its refusal: 'greeting' instead
                 of one, 'helo', or 'mail'
    connections_reply
                 that refusal
    rate         (messages, seconds): at most so many are taken
    rate_window  how they are counted: 'sliding': in any such time; 'fixed':
                 in each such time since the first; 'bucket': so many seconds
                 refill that number of tokens, rate_burst of them are kept
    rate_burst   see there
    rate_stage   where a message past the rate is refused: 'mail' when it is
                 offered, 'message' after all of it was sent
    rate_reply   that refusal
    session_messages
                 a connection takes so many messages; the next MAIL is refused
    session_reply
                 that refusal
    message_s    how long it works on each message before it takes it
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
    connections_stage: str = GREETING
    connections_reply: str = TOO_MANY_CONNECTIONS
    rate: tuple | None = None
    rate_window: str = 'sliding'
    rate_burst: int = 10
    rate_stage: str = MAIL
    rate_reply: str = TOO_MANY_MESSAGES
    session_messages: int | None = None
    session_reply: str = TOO_MANY_IN_SESSION
    message_s: float = 0
    greylist_s: float | None = None
    reject: dict = dataclasses.field(default_factory=dict)
    drop: str | None = None
    delay_s: float = 0
    listen: str = 'accept'

    def __post_init__(self):
        for stage in (self.connections_stage, self.rate_stage,
                      self.drop or MAIL, *self.reject):
            if stage not in STAGES:
                raise ValueError(f'no stage of a session: {stage}')
        if self.rate_window not in ('sliding', 'fixed', 'bucket'):
            raise ValueError(f'no way to count: {self.rate_window}')
