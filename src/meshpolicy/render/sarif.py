"""Findings as SARIF 2.1.0, which code hosts show at the lines of a change. Text is built, not printed."""

import json
from collections.abc import Sequence
from urllib.parse import quote

from meshpolicy.core.errors import Place
from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.findings.registry import codes
from meshpolicy.record import record

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


@record
class Result:
    """One failure, with the rule that it violates."""

    rule: str
    severity: Severity
    message: str
    place: Place


def findings_as_sarif(findings: Sequence[Finding]) -> str:
    """Return one run, with all codes as its rules."""
    return results_as_sarif(
        [
            Result(
                finding.code.code,
                finding.code.severity,
                f"{finding.subject}: {finding.message}. Fix: {finding.code.fix}",
                finding.place,
            )
            for finding in findings
        ]
    )


def results_as_sarif(results: Sequence[Result], more: Sequence[tuple[str, str]] = ()) -> str:
    """Return one run, with all codes as its rules, and `more` rules as (name, description)."""
    rules = [*_rules(), *({"id": name, "shortDescription": {"text": text}} for name, text in more)]
    driver = {"name": "meshpolicy", "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(result) for result in results]}
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


def _result(result: Result) -> dict[str, object]:
    return {
        "ruleId": result.rule,
        "level": LEVELS[result.severity],
        "message": {"text": result.message},
        "locations": [{"physicalLocation": _location(result.place)}],
    }


def _location(place: Place) -> dict[str, object]:
    return {"artifactLocation": {"uri": quote(place.file)}, "region": {"startLine": max(place.line, 1)}}
