"""The report whether deny can be the default, in all formats, with the missing objects. Printed elsewhere."""

import json
from collections.abc import Iterable, Iterator, Sequence

import yaml

from meshpolicy.analysis.words import access_words, counted
from meshpolicy.core.errors import Place
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.ready.change import Step
from meshpolicy.ready.need import NeedKind
from meshpolicy.ready.readiness import Readiness
from meshpolicy.ready.report import Report, Uncalled
from meshpolicy.ready.standing import Held, Standing
from meshpolicy.record import replace
from meshpolicy.render.junit import Entry, Outcome, suite
from meshpolicy.render.rows import granted_by
from meshpolicy.render.tables import fitted

SHOWN = (Standing.MISSING, Standing.UNKNOWN, Standing.UNPROTECTED, Standing.CORRECT)
UNCALLED = "nobody is known to call it, and deny closes it to all"
CLOSED = "closed by deny, and no caller is known, though a program may name it in its code"
LOGS = (
    "who calls them is seen in traffic: --traffic FILE, with lines of Linkerd's access log (annotate pods "
    "config.linkerd.io/access-log: json, and write `kubectl logs --prefix -c linkerd-proxy POD` into FILE), or with "
    "series of Prometheus"
)
MEANS = {
    Standing.MISSING: "needed, and refused with deny",
    Standing.UNKNOWN: "needed, and the input does not decide it",
    Standing.UNPROTECTED: "needed and allowed, and so are others",
    Standing.CORRECT: "needed, and allowed to this caller",
}


def report_as_text(
    report: Report, settings: MeshSettings, width: int | None = None, *, explain: bool = False, observed: bool = False
) -> str:
    """Return the answer, then the needs by what becomes of them; `explain` says of each why it is so.

    `observed` says that observed calls are among the needs; else it is said how they would be.
    """
    lines = [_head(report)]
    for standing in SHOWN:
        some = list(report.of(standing))
        if some:
            lines += ["", f"{standing} ({MEANS[standing]}): {len(some)}"]
        for same in _grouped(some):
            lines += _needs(same, explain=explain)
    lines += _unseen(report)
    if report.uncalled:
        lines += ["", f"{CLOSED}: {len(report.uncalled)}"]
        lines += [f"  {_uncalled(one)}" for one in report.uncalled]
        lines += [] if observed else [f"  {LOGS}"]
    if report.unused:
        lines += ["", f"unused (allowed, and nobody is known to need it): {len(report.unused)}"]
        for access in report.unused:
            server, port, client, requests = access_words(access, settings)
            lines.append(f"  {client} -> {server}:{port}  {requests}, by {granted_by(access)}")
    if len(report.order) > 1:
        lines += ["", "in this order:"]
        lines += [
            f"  {number}. {turn.namespace} ({turn.readiness}): {turn.why}"
            for number, turn in enumerate(report.order, 1)
        ]
    if told := unscraped(report):
        lines += ["", told]
    if any(step.manifests for step in report.plan.steps.values()):
        lines += ["", "`--output yaml` writes the objects that are missing"]
    return "\n".join(fitted(line, width) for line in lines)


def _head(report: Report) -> str:
    where = ", ".join(report.namespaces) or "no namespace, for none has a sidecar"
    counts = {standing: sum(one.standing is standing for one in report.held) for standing in Standing}
    told = f"deny on {where}: {counted(len(report.held), 'need')} known"
    if counts[Standing.MISSING]:
        told += f", {counts[Standing.MISSING]} would be refused"
    if unknown := counts[Standing.UNKNOWN] + len(report.unseen) + len(report.uncalled):
        told += f", {unknown} more to look at"
    return f"{report.readiness.upper()}: {told}"


def _grouped(some: Iterable[tuple[Held, Step | None]]) -> Iterable[list[tuple[Held, Step | None]]]:
    """Return needs in groups that are reported together, such as scrapes of a namespace's sidecars by one caller."""
    found: dict[object, list[tuple[Held, Step | None]]] = {}
    for number, (held, step) in enumerate(some):
        need = held.need
        key = (need.caller_name, need.server.ref.namespace, need.port, held.why, held.outcome)
        found.setdefault(key if need.kind is NeedKind.SIDECAR else number, []).append((held, step))
    return found.values()


def _needs(same: Sequence[tuple[Held, Step | None]], *, explain: bool) -> Iterator[str]:
    held, need = same[0][0], same[0][0].need
    seen = f"  ({held.outcome})" if held.outcome else ""
    servers = [one.need.server_name.rpartition(":")[0] for one, _ in same]
    server = need.server_name if len(same) == 1 else f"{need.port} of {', '.join(servers)}"
    yield f"  {need.caller_name} -> {server}  {need.request}{seen}"
    yield f"      {need.what}, {where(need.place)}"
    if held.why and (explain or not held.standing.allowed):
        yield f"      {held.why}"
    steps = [step for _, step in same if step is not None]
    for step in [one for one in steps if one.manifests] or steps[:1]:
        names = ", ".join(_name(one) for one in step.manifests)
        yield f"      to allow this: {step.text}" + (f": {names}" if names else "")


def unscraped(report: Report) -> str:
    """Return a sentence about scrapes of sidecars that deny refuses, if no scraper is known; otherwise empty."""
    if not report.unscraped:
        return ""
    return (
        f"deny closes the sidecars' own metrics (4191) of {counted(report.unscraped, 'workload')}: "
        "whoever scrapes them needs a grant; say who, with --prometheus NAMESPACE/ACCOUNT"
    )


def _unseen(report: Report) -> Iterator[str]:
    if report.unseen:
        yield ""
        yield f"cannot be seen (may be a need, or decide one): {len(report.unseen)}"
    for one in report.unseen:
        yield f"  {one.who}: {one.what}, {where(one.place)}"
        yield f"      {one.why}"


def _uncalled(one: Uncalled) -> str:
    ref, place = one.service.ref, one.service.ref.place
    shown = f", {where(place)}" if place is not None else ""
    return f"{ref.namespaced_name}:{one.number} of {one.server.ref.namespaced_name}:{one.port}{shown}"


def where(place: Place) -> str:
    """Return the file and line of a place."""
    return str(replace(place, field=""))


def _name(manifest: object) -> str:
    """Return the kind and the name of a manifest."""
    if not isinstance(manifest, dict):
        return ""
    return f"{manifest['kind']} {manifest['metadata']['namespace']}/{manifest['metadata']['name']}"


def report_as_yaml(report: Report) -> str:
    """Return all objects that the refused needs require, ready to be applied."""
    found = [dict(one) for step in report.plan.steps.values() for one in step.manifests]
    return (
        yaml.safe_dump_all(found, sort_keys=False).rstrip() if found else "# nothing is missing that an object allows"
    )


def report_as_json(report: Report, settings: MeshSettings, told: Sequence[str] = ()) -> str:
    """Return one object; `told` are the notes about input that was not read."""
    shown = {
        "notes": [*told, *filter(None, (unscraped(report),))],
        "readiness": str(report.readiness),
        "namespaces": list(report.namespaces),
        "needs": [_as_json(held, report.plan.steps.get(number)) for number, held in enumerate(report.held)],
        "unseen": [
            {"object": one.who, "what": one.what, "why": one.why, **_placed(one.place)} for one in report.unseen
        ],
        "uncalled": [
            {"service": one.service.ref.namespaced_name, "port": one.number}
            | {"server": one.server.ref.namespaced_name, "target": one.port}
            for one in report.uncalled
        ],
        "unused": [
            dict(zip(("server", "port", "client", "requests"), access_words(one, settings), strict=True))
            | {"by": granted_by(one)}
            for one in report.unused
        ],
        "order": [
            {"namespace": turn.namespace, "readiness": str(turn.readiness), "why": turn.why} for turn in report.order
        ],
    }
    return json.dumps(shown, indent=2)


def _as_json(held: Held, step: Step | None) -> dict[str, object]:
    need = held.need
    return {
        "standing": str(held.standing),
        "kind": str(need.kind),
        "client": need.caller_name,
        "server": need.server_name.rpartition(":")[0],
        "port": need.port,
        "service": None if need.through is None else need.through.service.ref.namespaced_name,
        "request": need.request,
        "protocols": [str(one) for one in need.asking.traffics],
        "what": need.what,
        **_placed(need.place),
        "why": held.why,
        "outcome": held.outcome,
        "change": None if step is None else {"text": step.text, "manifests": [dict(one) for one in step.manifests]},
    }


def _placed(place: Place) -> dict[str, object]:
    return {"file": place.file, "document": place.document, "line": place.line or None, "field": place.field}


def report_as_junit(report: Report, *, accept_unknown: bool = False) -> str:
    """Return one test for each need and each possible need; unknown ones fail unless `accept_unknown`."""
    doubtful = Outcome.SKIPPED if accept_unknown else Outcome.FAILED
    outcomes = {Standing.MISSING: Outcome.FAILED, Standing.UNKNOWN: doubtful}
    entries = [
        Entry(
            held.need.server_name,
            f"{held.need.caller_name} -> {held.need.server_name} {held.need.request}",
            outcomes.get(held.standing, Outcome.PASSED),
            f"{held.standing}: {held.why}",
            f"{held.need.what}, {where(held.need.place)}",
        )
        for held in report.held
    ]
    entries += [Entry(one.who, one.what, doubtful, one.why, where(one.place)) for one in report.unseen]
    entries += [Entry(str(one.service.ref), f"port {one.number}", doubtful, UNCALLED) for one in report.uncalled]
    return suite("meshpolicy ready", entries or [Entry("meshpolicy", "no need is known")])


def exit_code(report: Report, *, accept_unknown: bool = False) -> int:
    """Return 0 if deny can be the default, and 1 if it cannot or if this is unknown."""
    fine = (Readiness.READY, Readiness.UNKNOWN) if accept_unknown else (Readiness.READY,)
    return 0 if report.readiness in fine else 1
