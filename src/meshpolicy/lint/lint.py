"""Runs all checks, and reports what they found as text, JSON, SARIF or JUnit's XML. Text is built, not printed."""

import json
from collections.abc import Iterable, Sequence
from importlib import import_module
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from meshpolicy.analysis.words import counted
from meshpolicy.core.errors import Place, Problem
from meshpolicy.core.policy import Ref
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.lint.finding import CHECKS, Code, Finding, Severity
from meshpolicy.semantics.rules import sentences

MODULES = ("servers", "services", "policies", "routes", "identities", "workloads", "limits", "networks", "missing")
REFUSED = Code(
    "MP029",
    "A manifest that a cluster would refuse",
    Severity.ERROR,
    ("R38", "N15"),
    "The API server or Linkerd's webhook refuses it. Outside of HA installations the webhook's failurePolicy is "
    "Ignore: while it is down the object gets in, and the controller skips it or keeps the version before.",
    "Correct what the message names.",
)
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def codes() -> tuple[Code, ...]:
    """Return every code, by number."""
    for module in MODULES:
        import_module(f"meshpolicy.lint.{module}")
    return tuple(sorted((*CHECKS, REFUSED), key=lambda code: code.code))


def lint(cluster: Cluster, refused: Iterable[Problem] = (), progress: Progress = no_progress) -> tuple[Finding, ...]:
    """Return all findings, by place; what would be refused is one of them."""
    known = [code for code in codes() if code in CHECKS]
    found = [
        Finding(code, subject, message)
        for code in progress(known, "checks made", len(known))
        for subject, message in dict.fromkeys(CHECKS[code](cluster))
    ]
    found += [
        Finding(REFUSED, Ref("", "manifest", "", problem.place.field, problem.place), problem.message)
        for problem in refused
    ]
    return tuple(sorted(found, key=lambda finding: (finding.place, finding.code.code, finding.message)))


def as_text(findings: Sequence[Finding], *, explain: bool = False) -> str:
    """Return one line a finding, with its fix; with explanations if they are asked for."""
    lines: list[str] = []
    for finding in findings:
        code = finding.code
        lines.append(f"{finding.place}: {code.code} {code.severity}: {finding.subject}: {finding.message}")
        if explain:
            lines.append(f"    {code.explanation} [{' '.join(code.rules)}]")
            lines += [f"    {sentence}" for sentence in sentences(code.rules)]
        lines.append(f"    fix: {code.fix}")
    counts = {severity: sum(finding.code.severity is severity for finding in findings) for severity in Severity}
    lines.append(
        ", ".join(counted(count, severity) for severity, count in counts.items()) if findings else "no findings"
    )
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
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


def as_sarif(findings: Sequence[Finding]) -> str:
    """Return SARIF 2.1.0, which code hosts show beside the lines of a change."""
    rules = [
        {
            "id": code.code,
            "shortDescription": {"text": code.title},
            "fullDescription": {"text": code.explanation},
            "help": {"text": code.fix},
            "defaultConfiguration": {"level": LEVELS[code.severity]},
        }
        for code in codes()
    ]
    results = [
        {
            "ruleId": finding.code.code,
            "level": LEVELS[finding.code.severity],
            "message": {"text": f"{finding.subject}: {finding.message}. Fix: {finding.code.fix}"},
            "locations": [{"physicalLocation": _location(finding.place)}],
        }
        for finding in findings
    ]
    driver = {"name": "meshpolicy", "rules": rules}
    return json.dumps(
        {"$schema": SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
    )


def _location(place: Place) -> dict[str, object]:
    return {"artifactLocation": {"uri": quote(place.file)}, "region": {"startLine": max(place.line, 1)}}


def as_junit(findings: Sequence[Finding]) -> str:
    """Return one test a finding; a note is one that was skipped, for it fails no run."""
    count = len(findings)
    skipped = sum(finding.code.severity is Severity.NOTE for finding in findings)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name="meshpolicy lint" tests="{max(count, 1)}" failures="{count - skipped}" skipped="{skipped}">',
    ]
    for finding in findings:
        name = quoteattr(f"{finding.code.code} {finding.subject}")
        lines.append(f"  <testcase classname={quoteattr(finding.place.file)} name={name}>")
        kind = "skipped" if finding.code.severity is Severity.NOTE else "failure"
        lines.append(f"    <{kind} message={quoteattr(finding.message)}>{finding.code.code}</{kind}>")
        lines.append("  </testcase>")
    if not findings:
        lines.append('  <testcase classname="meshpolicy" name="no findings"/>')
    return "\n".join([*lines, "</testsuite>"])
