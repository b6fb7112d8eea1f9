"""The results of policy cases as text, JSON or JUnit's XML. Text is built here and printed elsewhere."""

import json
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from meshpolicy.analysis.words import counted
from meshpolicy.cases.verify import Result


def as_text(results: Sequence[Result], *, explain: bool = False) -> str:
    """Return every difference with what was expected, what was found and why; then one line of counts."""
    lines: list[str] = []
    for result in results:
        remarks = [f"  {remark}" for remark in result.remarks] if explain else []
        if result.differences:
            lines += [f"FAILED {result.case.place.file}: {result.case.description}"]
        elif explain:
            lines += [f"ok     {result.case.place.file}: {result.case.description}"]
        for difference in result.differences:
            lines += [
                f"  {difference.subject}",
                f"    expected: {difference.expected}",
                f"    found:    {difference.found}",
            ]
            lines += [f"    because:  {reason}" for reason in difference.reasons]
        lines += remarks
    checked = sum(result.checked for result in results)
    wrong = sum(len(result.differences) for result in results)
    lines.append(", ".join((counted(len(results), "case"), counted(checked, "check"), counted(wrong, "difference"))))
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
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


def as_junit(results: Sequence[Result]) -> str:
    """Return a test suite of one test a case."""
    failed = sum(bool(result.differences) for result in results)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name="meshpolicy" tests="{len(results)}" failures="{failed}">',
    ]
    for result in results:
        name = quoteattr(result.case.description)
        head = f"  <testcase classname={quoteattr(result.case.place.file)} name={name}"
        if not result.differences:
            lines.append(f"{head}/>")
            continue
        lines.append(f"{head}>")
        for difference in result.differences:
            message = quoteattr(f"{difference.subject}: expected {difference.expected}, found {difference.found}")
            lines.append(f"    <failure message={message}>{escape(chr(10).join(difference.reasons))}</failure>")
        lines.append("  </testcase>")
    return "\n".join([*lines, "</testsuite>"])
