"""Findings as GitLab's Code Quality report, which a merge request shows at its lines. Text is built, not printed.

Source: docs.gitlab.com, ci/testing/code_quality, "Code Quality report format": a list of objects with `description`,
`check_name`, `fingerprint`, `severity` and `location`.
"""

import hashlib
import json
from collections.abc import Sequence

from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.render.visible import visible

LEVELS = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def findings_as_gitlab(findings: Sequence[Finding]) -> str:
    """Return a list of findings; fingerprints do not depend on lines, so that GitLab recognizes moved findings."""
    seen: dict[str, int] = {}
    shown = []
    for finding in findings:
        own = "\0".join((finding.code.code, finding.place.file, str(finding.subject), finding.message))
        seen[own] = seen.get(own, 0) + 1
        shown.append(
            {
                "description": visible(f"{finding.subject} {finding.message}"),
                "check_name": finding.code.code,
                "fingerprint": hashlib.sha256(f"{own}\0{seen[own]}".encode(errors="replace")).hexdigest(),
                "severity": LEVELS[finding.code.severity],
                "location": {"path": finding.place.file, "lines": {"begin": finding.place.line or 1}},
            }
        )
    return json.dumps(shown, indent=2)
