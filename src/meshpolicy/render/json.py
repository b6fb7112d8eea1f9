"""Results as JSON, for programs. Text is built here and printed elsewhere."""

import json
from collections.abc import Sequence

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.advice import Advice
from meshpolicy.analysis.difference import Changed
from meshpolicy.analysis.refusals import Denied
from meshpolicy.analysis.ways import Judged
from meshpolicy.analysis.words import access_words, witness_object
from meshpolicy.cases.mutants import Survivor
from meshpolicy.cases.verify import Result
from meshpolicy.core.client import Traffic
from meshpolicy.findings.finding import Finding
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.render.curl import curl
from meshpolicy.render.rows import change_cells
from meshpolicy.render.text import change_curl


def findings_as_json(findings: Sequence[Finding]) -> str:
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


def results_as_json(results: Sequence[Result]) -> str:
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


def accesses_as_json(found: Sequence[Access], settings: MeshSettings) -> str:
    """Return a list of accesses."""
    return json.dumps([_access(access, settings) for access in found], indent=2)


def _access(access: Access, settings: MeshSettings) -> dict[str, object]:
    server, port, client, requests = access_words(access, settings)
    routes = [str(route) for route in access.routes if route.is_object]
    return {
        "server": server,
        "port": int(port),
        "client": client,
        "requests": requests,
        "by": str(access.by),
        "place": str(access.by.place or ""),
        "route": routes[0] if routes else None,
        "routes": routes,
        "unknown": access.unknown or None,
    }


def refusals_as_json(found: Sequence[Denied]) -> str:
    """Return a list of refusals."""
    names = ("server", "port", "client", "what", "layer", "why")
    return json.dumps([{name: getattr(refusal, name) for name in names} for refusal in found], indent=2)


def changes_as_json(changes: Sequence[Changed], after: Cluster) -> str:
    """Return a list of changes, each with a request that shows it."""
    return json.dumps([_change(changed, after) for changed in changes], indent=2)


def _change(changed: Changed, after: Cluster) -> dict[str, object]:
    client, _, what = change_cells(changed, after.settings)
    witness = None if changed.region is None else changed.region.witness
    return {
        "change": str(changed.change),
        "client": client,
        "server": f"{changed.server.namespace}/{changed.server.name}",
        "port": changed.port,
        "requests": what,
        "before": [str(ref) for ref in changed.before],
        "after": [str(ref) for ref in changed.after],
        "reasons": list(changed.reasons),
        "witness": None
        if witness is None
        else {**witness_object(witness), "curl": change_curl(changed, after) or None},
    }


def _advice(change: Advice, cluster: Cluster) -> dict[str, object]:
    more = [(one.change, *change_cells(one, cluster.settings)) for one in change.more]
    return {
        "text": change.text,
        "manifests": change.manifests,
        "exact": change.exact,
        "besides": [
            {"change": str(kind), "client": client, "server": server, "requests": what}
            for kind, client, server, what in more
        ],
    }


def answer_as_json(judged: Judged, change: Advice | None, cluster: Cluster) -> str:
    """Return the verdict on one call, its reasons, and what would allow it."""
    call, answer = judged.call, judged.answer
    shown = {
        "verdict": str(answer.verdict),
        "outcome": answer.outcome,
        "layer": answer.layer,
        "reasons": [
            {
                "text": reason.text,
                "rule": reason.rule,
                "place": str(reason.ref.place) if reason.ref is not None and reason.ref.place else "",
            }
            for reason in answer.reasons
        ],
        "otherwise": [{"way": way.name, "outcome": way.answer.outcome} for way in judged.others],
        "curl": curl(call) if call.traffic is Traffic.HTTP else None,
        "change": None if change is None or answer.allowed else _advice(change, cluster),
    }
    return json.dumps(shown, indent=2)


def survivors_as_json(tried: int, survived: Sequence[Survivor]) -> str:
    """Return how many changes were tried, and those that no case notices."""
    shown = [{"object": one.name, "place": str(one.place), "change": one.change} for one in survived]
    return json.dumps({"tried": tried, "unnoticed": shown}, indent=2)
