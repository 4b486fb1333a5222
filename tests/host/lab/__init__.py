"""A laboratory of real mail hosts, for tests.

    class Throttled(LabCase):
        def test_it_slows_down(self):
            world = self.world()
            big = world.provider('big.test', Policy(connections=2))
            mx = self.host(world=world, main_cf=FAST_RETRIES)
            queue.fill(mx, 200, domains=['big.test'], next_try_s=0)
            report = mx.mailfix('--yes', 'throttled')
            self.assertEqual(report.finding('throttled')['state'], 'fixed')
            big.await_messages(200)

What a test uses, and where it is told in full:

    case      LabCase: hosts and worlds that end with the test
    host      Host: boot, run commands, read and change files, run mailfix
    files     write, read, snapshots and what differs between two of them
    disk      Disk: a small disk below one folder, to be filled or broken
    terminal  Terminal: a command that asks, and what a person types
    hang      Hang: a mount that nobody answers for
    world     World: zones, SMTP servers, connections from outside
    policy    Policy: how such a server treats its clients
    sender    SenderCase: a host that meets limits, mailfix from its timer
    firewall  FirewallCase: rules that refuse, and calls from outside
    zones     cases of DNS: what is published, and what must be said of it
    queue     thousands of deferred messages, mail sent, the queue listed
    sick      what goes wrong on mail hosts, done on purpose
    wait      until(): for what announces itself to nobody

What it stands on: base and store (the file systems), slot and sweep (what
belongs together, and its removal), net and dns, smtp and agent (the world's
inside), proc and trace, machine and apt, runner and worker.
"""
