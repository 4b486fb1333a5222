"""What one run of mailfix answered with --format json."""

import json


class Report:
    """The document mailfix printed, and how it ended."""

    def __init__(self, result):
        self.result = result
        self.rc = result.rc
        self.stderr = result.stderr
        self.document = json.loads(result.raw) if result.raw.strip() else None

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
