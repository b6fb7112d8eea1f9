"""Results in words, a line each, as a terminal shows them. Text is built here and printed elsewhere."""

from collections.abc import Sequence

from meshpolicy.analysis.words import counted
from meshpolicy.cases.verify import Result
from meshpolicy.lint.finding import Finding, Severity
from meshpolicy.semantics.rules import sentences


def findings_as_text(findings: Sequence[Finding], *, explain: bool = False) -> str:
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


def results_as_text(results: Sequence[Result], *, explain: bool = False) -> str:
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
