"""--dry-run opens nothing for writing and changes nothing."""

import re

from lab import queue
from lab.case import LabCase
from lab.files import changes

# What a program may write to without changing the host.
_HARMLESS = re.compile(r'"(/dev/null|/dev/tty|/proc/self/.*)"')
_OPENED = re.compile(r'open(?:at|at2)?\(.*(?:O_WRONLY|O_RDWR|O_CREAT|O_TRUNC)')
_CHANGING = ('rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'mkdir',
             'mkdirat', 'rmdir', 'link', 'linkat', 'symlink', 'symlinkat',
             'chmod', 'fchmod', 'fchmodat', 'chown', 'fchown', 'lchown',
             'fchownat', 'truncate', 'ftruncate', 'utimensat', 'setxattr',
             'fsetxattr', 'mknod', 'mknodat', 'creat')


class DryRun(LabCase):
    """A sick host is looked at, and is the same afterwards."""

    def sick_host(self):
        """Boot a host with several problems that could be fixed."""
        mx = self.host()
        queue.fill(mx, 700, domains=['big.test'], bounces=0.3,
                   bounce_ages_s=(200000, 300000), ages_s=(60, 3000))
        mx.sh('touch -d "1 hour ago" /etc/aliases.db')
        mx.sh('echo "# old" >> /var/spool/postfix/etc/resolv.conf')
        mx.sh('chmod 755 /var/spool/postfix/defer')
        mx.sh('systemctl stop postfix postfix@-')
        return mx

    def state(self, mx):
        """Return all that a fix could change."""
        files = mx.snapshot('/etc', '/var/lib', '/var/spool', '/var/log/mail.log',
                            '/var/log/mailfix', '/run/mailfix', '/usr/sbin',
                            '/tmp', '/root')
        return files, mx.sh('nft list ruleset'), mx.sh(
            'systemctl list-units --all --plain --no-legend --no-pager '
            '"postfix*" "mailfix*"')

    def test_nothing_is_opened_for_writing(self):
        mx = self.sick_host()
        trace = mx.run('strace -f -qq -s 200 -o /dev/stderr -e trace='
                       'openat,openat2,open,%s mailfix --dry-run >/dev/null'
                       % ','.join(_CHANGING)).stderr
        lines = trace.splitlines()
        self.assertGreater(len(lines), 50)
        opened = [line for line in lines if _OPENED.search(line)
                  and not _HARMLESS.search(line)]
        self.assertEqual(opened, [])
        changing = [line for line in lines if re.match(
            r'\d+ +(%s)\(' % '|'.join(_CHANGING), line)]
        self.assertEqual(changing, [])

    def test_nothing_changes(self):
        mx = self.sick_host()
        before = self.state(mx)
        report = mx.mailfix('--dry-run')
        planned = [fix['fix'] for finding in report.document['findings']
                   for fix in finding['fixes'] if fix['state'] == 'planned']
        self.assertGreater(len(planned), 2, report.document)
        after = self.state(mx)
        self.assertEqual(changes(before[0], after[0]), [])
        self.assertEqual(before[1:], after[1:])
