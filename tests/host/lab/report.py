"""What one run of mailfix answered with --format json."""

import json

from lab.proc import CommandFailed


class Report:
    """The document mailfix printed (None: nothing), and how it ended."""

    def __init__(self, result):
        self.result = result
        self.rc = result.rc
        self.stderr = result.stderr
        self.document = self._parse()

    def _parse(self):
        try:
            return json.loads(self.result.raw) if self.result.raw else None
        except ValueError as reason:
            raise CommandFailed(f'mailfix printed no JSON ({reason}):\n'
                                f'{self.result.stdout}') from None

    def finding(self, playbook, item=None):
        """Return the finding of a playbook, for an item if named, or None."""
        for finding in self.document['findings']:
            if (finding['playbook'] == playbook
                    and item in (None, finding.get('item'))):
                return finding
        return None

    def unknown(self):
        """Return what could not be told, as {fact: reason}."""
        return {each['fact']: each['reason']
                for each in self.document['unknown']}
