"""The report of a run of `meshpolicy.yaml`, in each output format. Text is built here and printed elsewhere."""

import json
from collections.abc import Iterator

from meshpolicy.analysis.words import counted
from meshpolicy.core.errors import Place
from meshpolicy.findings.finding import Severity
from meshpolicy.project.run import Check, Part, Report
from meshpolicy.render.github import annotation
from meshpolicy.render.junit import Entry, Outcome, suite
from meshpolicy.render.notes import notes
from meshpolicy.render.sarif import Result, results_as_sarif


def report_as_text(report: Report) -> str:
    """Return one line for each failure and each vacuous sentence, and one summary line for each part."""
    told = [check for check in report.checks if check.failed or (check.part is Part.PROVE and check.message)]
    lines = [line for check in told for line in _lines(check)]
    return "\n".join([*lines, *_summary(report)])


def _lines(check: Check) -> Iterator[str]:
    place = f"{check.place}: " if check.place is not None and not check.message.startswith(str(check.place)) else ""
    name = "" if check.name in check.message else f"{check.name}: "
    if check.code:  # in the format of `lint`
        yield f"{place}{check.code} {check.severity}: {check.subject}: {check.message}"
    else:
        yield f"{place}{check.severity}: {name}{check.message}"
    if check.fix:
        yield f"    fix: {check.fix}"


def _summary(report: Report) -> Iterator[str]:
    yield from _counted(report)
    if not any(check.part in (Part.PROVE, Part.ACCEPTED, Part.CASES) for check in report.checks):
        spaces = sorted({one.ref.namespace for one in report.reading.cluster.workloads}) or ["NAMESPACE"]
        sentence = f"every call of {spaces[0]} is encrypted"
        yield f"{Part.PROVE}: no sentence yet; write what must hold under `prove:`, such as `{sentence}`"


def _counted(report: Report) -> Iterator[str]:
    for part in Part:
        checks = [check for check in report.checks if check.part is part]
        failed = sum(check.failed for check in checks)
        if not checks:
            continue
        if part is Part.LINT:
            yield f"{part}: {counted(failed, 'finding') if failed else 'no findings'}"
        elif part is Part.SUPPRESSIONS:
            yield f"{part}: {failed} to take out or to renew"
        else:
            yield f"{part}: {len(checks) - failed} of {len(checks)} hold"


def report_as_json(report: Report) -> str:
    """Return one object: whether it failed, every check, and what was not read."""
    checks = [
        {
            "part": str(check.part),
            "name": check.name,
            "failed": check.failed,
            "severity": None if check.severity is None else str(check.severity),
            "message": check.message,
            "code": check.code or None,
            "file": check.place.file if check.place is not None else None,
            "line": (check.place.line or None) if check.place is not None else None,
            "fix": check.fix or None,
        }
        for check in report.checks
    ]
    return json.dumps({"failed": report.failed, "checks": checks, "notes": list(notes(report.reading))}, indent=2)


def report_as_github(report: Report) -> str:
    """Return an annotation for each failure and each note, and the summary."""
    found = [_annotation(check) for check in report.checks if check.failed]
    told = [annotation(Severity.NOTE, "not read", text) for text in notes(report.reading)]
    return "\n".join([*found, *told, *_summary(report)])


def _annotation(check: Check) -> str:
    text = check.message + (f"\nfix: {check.fix}" if check.fix else "")
    return annotation(check.severity or Severity.ERROR, f"{check.part}: {check.name}", text, check.place)


def report_as_sarif(report: Report) -> str:
    """Return the failures as results: findings by their code, all others by their part."""
    found = [
        Result(
            check.code or str(check.part),
            check.severity or Severity.ERROR,
            f"{check.name}: {check.message}" + (f". Fix: {check.fix}" if check.fix else ""),
            check.place or Place("meshpolicy.yaml"),
        )
        for check in report.checks
        if check.failed
    ]
    return results_as_sarif(found, [(str(part), f"What `meshpolicy run` checks: {part}") for part in Part])


def report_as_junit(report: Report) -> str:
    """Return one test for each check."""
    return suite("meshpolicy run", map(_entry, report.checks))


def _entry(check: Check) -> Entry:
    outcome = Outcome.FAILED if check.failed else Outcome.PASSED
    return Entry(str(check.part), check.name, outcome, check.message, check.code or str(check.place or ""))
