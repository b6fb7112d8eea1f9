"""Results as workflow commands of GitHub Actions, which it shows at the lines of a change. Text is built, not printed.

Source: actions/toolkit packages/core/src/command.ts, `escapeData` and `escapeProperty`.
"""

from collections.abc import Iterable, Sequence

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.words import change_words
from meshpolicy.core.errors import Place
from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.render.changes import NO_CHANGE, change_counts
from meshpolicy.render.visible import visible

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
DATA = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
PROPERTY = (*DATA, (":", "%3A"), (",", "%2C"))


def annotation(severity: Severity, title: str, message: str, place: Place | None = None) -> str:
    """Return one workflow command, on one line whatever the texts contain."""
    properties = {"title": title}
    if place is not None and place.file not in ("", "-"):
        properties = {"file": place.file} | ({"line": str(place.line)} if place.line else {}) | properties
    shown = ",".join(f"{name}={_escaped(visible(text), PROPERTY)}" for name, text in properties.items())
    return f"::{LEVELS[severity]} {shown}::{_escaped(visible(message), DATA)}"


def _escaped(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for letter, code in pairs:
        text = text.replace(letter, code)
    return text


def findings_as_github(findings: Sequence[Finding]) -> str:
    """Return an annotation for each finding."""
    return "\n".join(map(_finding, findings)) or "no findings"


def _finding(finding: Finding) -> str:
    code = finding.code
    text = f"{finding.subject}: {finding.message}\nfix: {code.fix}"
    return annotation(code.severity, f"{code.code} {code.title}", text, finding.place)


def changes_as_github(changes: Sequence[Changed], settings: MeshSettings) -> str:
    """Return an annotation for each change, at an object that grants it; calls that open or may open are warnings."""
    if not changes:
        return NO_CHANGE
    return "\n".join([*(_change(one, settings) for one in changes), change_counts(changes)])


def _change(changed: Changed, settings: MeshSettings) -> str:
    client, server, what = change_words(changed, settings)
    severity = Severity.WARNING if changed.change in (Change.OPENED, Change.UNKNOWN) else Severity.NOTE
    grants = changed.after or changed.before
    place = grants[0].place if grants else None
    return annotation(severity, f"{changed.change}: {client} -> {server}", f"{client} -> {server} {what}", place)
