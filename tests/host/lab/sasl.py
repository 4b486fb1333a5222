"""Logins at a host's SMTP server, checked by Dovecot's protocol.

    sasl.logins(host)
    sasl.send(host, 'alice', 'alice@example.com', ['a@big.test'])

Who asks is Postfix itself; who answers is a socket in its queue directory that
takes every password, so that no Dovecot is needed. Source:
doc.dovecot.org/developer_manual/design/auth_protocol.
"""

import base64
import os
import socket
import sys
import threading

from lab import proc

SETTINGS = {
    'smtpd_sasl_auth_enable': 'yes', 'smtpd_sasl_type': 'dovecot',
    'smtpd_sasl_path': 'private/auth', 'smtpd_sasl_security_options':
    'noanonymous'}

_SOCKET = '/var/spool/postfix/private/auth'

_GREETING = ('VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\n'
             f'COOKIE\t{"a" * 32}\nDONE\n')

# Runs in the host's network: argv has the login, the sender, and one
# comma-separated list of recipients for each message.
_SENDER = """\
import smtplib, sys
login, sender, *messages = sys.argv[1:]
with smtplib.SMTP('127.0.0.1', 25, timeout=60) as smtp:
    if login:
        smtp.login(login, 'secret')
    for number, recipients in enumerate(messages):
        smtp.sendmail(sender, recipients.split(','), (
            f'From: <{sender}>\\r\\nSubject: {number}\\r\\n\\r\\nHello.\\r\\n'))
"""


def logins(host):
    """Answer the host's Postfix as long as this process lives."""
    path = str(host.outside(_SOCKET))
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    os.chmod(path, 0o666)
    server.listen(50)
    threading.Thread(target=_accept, args=(server,), daemon=True).start()


def send(host, login, sender, messages):
    """Send messages, each to a list of recipients; login '' for none."""
    proc.run(['ip', 'netns', 'exec', host.slot.netns, sys.executable, '-c',
              _SENDER, login, sender, *(','.join(each) for each in messages)],
             timeout_s=300).check()


def _accept(server):
    while True:
        client, _ = server.accept()
        threading.Thread(target=_serve, args=(client,), daemon=True).start()


def _serve(client):
    with client, client.makefile('rw', newline='\n') as stream:
        stream.write(_GREETING)
        stream.flush()
        for line in stream:
            words = line.rstrip('\n').split('\t')
            if words[0] != 'AUTH':
                continue
            said = next(word[5:] for word in words if word[:5] == 'resp=')
            name = base64.b64decode(said).split(b'\0')[1].decode()
            stream.write(f'OK\t{words[1]}\tuser={name}\n')
            stream.flush()
