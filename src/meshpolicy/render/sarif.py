"""Findings as SARIF 2.1.0, which code hosts show at the lines of a change. Text is built, not printed."""

import json
from collections.abc import Sequence
from urllib.parse import quote

from meshpolicy.core.errors import Place
from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.findings.registry import codes

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def findings_as_sarif(findings: Sequence[Finding]) -> str:
    """Return one run, with all codes as its rules."""
    driver = {"name": "meshpolicy", "rules": _rules()}
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in findings]}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rules() -> list[dict[str, object]]:
    return [
        {
            "id": code.code,
            "shortDescription": {"text": code.title},
            "fullDescription": {"text": code.explanation},
            "help": {"text": code.fix},
            "defaultConfiguration": {"level": LEVELS[code.severity]},
        }
        for code in codes()
    ]


def _result(finding: Finding) -> dict[str, object]:
    return {
        "ruleId": finding.code.code,
        "level": LEVELS[finding.code.severity],
        "message": {"text": f"{finding.subject}: {finding.message}. Fix: {finding.code.fix}"},
        "locations": [{"physicalLocation": _location(finding.place)}],
    }


def _location(place: Place) -> dict[str, object]:
    return {"artifactLocation": {"uri": quote(place.file)}, "region": {"startLine": max(place.line, 1)}}
