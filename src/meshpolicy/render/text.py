"""Results as lines of text for a terminal. Text is built here and printed elsewhere."""

from collections.abc import Iterator, Sequence

import yaml

from meshpolicy.analysis.advice import Advice
from meshpolicy.analysis.curl import EXEC, curl
from meshpolicy.analysis.words import change_words, counted
from meshpolicy.api.check import Asked
from meshpolicy.cases.mutants import Effect, Survivor
from meshpolicy.cases.verify import Result
from meshpolicy.decide.answer import Layer
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.transport import Call
from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.changes import change_lines
from meshpolicy.render.tables import fitted
from meshpolicy.semantics.rules import sentences

CODES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
"""The status codes of gRPC, by number. Source: github.com/grpc/grpc doc/statuscodes.md."""
NAMED = {f"grpc-{number}": f"{name} ({number})" for number, name in enumerate(CODES)}
"""Outcomes with a better known name."""
SEEN = {"closed": ": the connection is cut", "blocked": ": no connection is made"}
"""What a client sees if no proxy answers with a status."""
NO_EFFECT = "no request to a workload of these cases changes"
"""Printed for a change of a policy object without effect."""


def findings_as_text(findings: Sequence[Finding], *, explain: bool = False) -> str:
    """Return one line for each finding, with its fix; `explain` adds explanations."""
    lines: list[str] = []
    for finding in findings:
        code = finding.code
        lines.append(str(finding))
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
    """Return every difference with expected, actual and why; then one line of counts."""
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


def answer_as_text(asked: Asked, width: int | None = None, *, explain: bool | None = None) -> str:
    """Return the verdict on one call, why, and what would allow it; `explain` adds the rules, or drops all reasons."""
    call, answer, change = asked.judged.call, asked.judged.answer, asked.change
    sent = f"{call.request.method} {call.request.path}" if call.traffic.is_http else f"a {call.traffic} connection"
    head = "ALLOWED" if answer.allowed else "UNKNOWN" if answer.verdict is Verdict.UNKNOWN else "REFUSED"
    seen = SEEN.get(answer.outcome, f", seen as {NAMED.get(answer.outcome, answer.outcome)}")
    shown = "" if answer.outcome in ("allow", "unknown") else f" ({answer.verdict}{seen})"
    lines = [fitted(f"{head}{shown}: {asked.who.name} -> {call.server.ref}:{call.port}, {sent}", width)]
    if explain is False:
        return lines[0]
    if answer.layer is not Layer.NOBODY:
        lines.append(f"  decided by {answer.layer}")
    told = [f"  - {reason}" for reason in answer.reasons]
    if explain:
        told += ["", *(f"  {sentence}" for sentence in sentences(reason.rule for reason in answer.reasons))]
    told += [f"  - {way.name}: {NAMED.get(way.answer.outcome, way.answer.outcome)}" for way in asked.judged.untold]
    lines += [fitted(line, width) for line in told]
    if command := curl(call):
        lines += ["", f"see it yourself{_from(call)}:", f"  {command}"]
    if change is not None:
        lines += ["", fitted(f"to allow this: {change.text}", width)]
        lines += [fitted(line, width) for line in _effect(change, asked.cluster)]
        if change.manifests:
            lines += ["", yaml.safe_dump_all(change.manifests, sort_keys=False).rstrip()]
    return "\n".join(lines)


def _from(call: Call) -> str:
    """Return where to run the command of a call, unless the command itself says it."""
    if call.client is None:
        return f" from {call.address}" if call.address else ", in a pod without a sidecar"
    if call.client.ref.kind == "ServiceAccount":
        return f", in a pod with a sidecar that runs as {call.client.ref.namespace}/{call.client.ref.name}"
    if call.client.ref.kind not in EXEC:
        return (
            f", on {call.client.ref}"
            if call.client.ref.kind == "ExternalWorkload"
            else f", in a pod of {call.client.ref}"
        )
    return ""


def _effect(change: Advice, cluster: Cluster) -> Iterator[str]:
    """Yield the effects of a change other than allowing the call."""
    if change.exact:
        yield "  it allows this call to the account, and changes no other request"
    for one in change.more:
        client, server, what = change_words(one, cluster.settings)
        yield f"  it changes more, {one.change}: {client} -> {server}  {what}"


def survivors_as_text(tried: int, survived: Sequence[tuple[Survivor, Effect | None]], *, explain: bool = False) -> str:
    """Return the changes that no case notices, the requests that no case contains, and the number of changes tried."""
    lines: list[str] = []
    for survivor, found in survived:
        lines.append(f"{survivor.place}: {survivor.name} {survivor.change}: no case notices")
        if found is None:
            lines.append(f"    {NO_EFFECT}")
            continue
        shown = found.changes if explain else found.changes[:1]
        for changed in shown:
            lines += [f"  {line}" for line in change_lines(changed, found.cluster, explain=explain)]
        if more := len(found.changes) - len(shown):
            lines.append(f"    and {more} more: see --explain")
    return "\n".join([*lines, f"{tried} changes tried, {len(survived)} unnoticed"])
