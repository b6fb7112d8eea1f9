"""Results as JSON, for programs. Text is built here and printed elsewhere."""

import json
from collections.abc import Sequence

from meshpolicy.cases.verify import Result
from meshpolicy.lint.finding import Finding


def findings_as_json(findings: Sequence[Finding]) -> str:
    """Return a list of findings."""
    shown = [
        {
            "code": finding.code.code,
            "severity": str(finding.code.severity),
            "file": finding.place.file,
            "document": finding.place.document,
            "field": finding.place.field,
            "object": str(finding.subject),
            "message": finding.message,
            "explanation": finding.code.explanation,
            "fix": finding.code.fix,
            "rules": list(finding.code.rules),
        }
        for finding in findings
    ]
    return json.dumps(shown, indent=2)


def results_as_json(results: Sequence[Result]) -> str:
    """Return one object with a list of cases."""
    cases = [
        {
            "file": result.case.place.file,
            "description": result.case.description,
            "rules": list(result.case.rules),
            "checks": result.checked,
            "remarks": list(result.remarks),
            "differences": [
                {
                    "place": str(difference.place),
                    "subject": difference.subject,
                    "expected": difference.expected,
                    "found": difference.found,
                    "reasons": list(difference.reasons),
                }
                for difference in result.differences
            ],
        }
        for result in results
    ]
    return json.dumps({"cases": cases, "differences": sum(len(r.differences) for r in results)}, indent=2)
