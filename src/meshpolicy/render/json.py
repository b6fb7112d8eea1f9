"""Results as JSON, for programs: the fields of the library's answers. Text is built here and printed elsewhere."""

import json
from collections.abc import Sequence

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.change import Changed
from meshpolicy.analysis.refusals import Denied
from meshpolicy.api.access import Access as PublicAccess
from meshpolicy.api.access import public as public_access
from meshpolicy.api.change import Changed as PublicChanged
from meshpolicy.api.change import public as public_change
from meshpolicy.api.check import Asked, Suggestion
from meshpolicy.api.check import public as public_answer
from meshpolicy.api.witness import Witness
from meshpolicy.cases.mutants import Effect, Survivor
from meshpolicy.cases.verify import Result
from meshpolicy.findings.finding import Finding
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings


def findings_as_json(findings: Sequence[Finding]) -> str:
    """Return a list of findings."""
    shown = [
        {
            "code": finding.code.code,
            "severity": str(finding.code.severity),
            "file": finding.place.file,
            "document": finding.place.document,
            "line": finding.place.line or None,
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
    return json.dumps([_access(public_access(access, settings)) for access in found], indent=2)


def _access(access: PublicAccess) -> dict[str, object]:
    routes = [str(route) for route in access.routes]
    return {
        "server": access.server.namespaced_name,
        "port": access.port,
        "client": access.client,
        "requests": access.requests,
        "by": str(access.by),
        "place": str(access.by.place or ""),
        "route": routes[0] if routes else None,
        "routes": routes,
        "unmeshed": access.unmeshed,
        "unknown": access.unknown or None,
    }


def refusals_as_json(found: Sequence[Denied]) -> str:
    """Return a list of refusals."""
    names = ("server", "port", "client", "what", "layer", "why", "unknown")
    return json.dumps([{name: getattr(refusal, name) for name in names} for refusal in found], indent=2)


def changes_as_json(changes: Sequence[Changed], after: Cluster) -> str:
    """Return a list of changes, each with a request that shows it."""
    return json.dumps([_change(public_change(changed, after)) for changed in changes], indent=2)


def _change(changed: PublicChanged) -> dict[str, object]:
    return {
        "change": str(changed.change),
        "client": changed.client,
        "server": changed.server.namespaced_name,
        "port": changed.port,
        "requests": changed.requests,
        "before": [str(ref) for ref in changed.before],
        "after": [str(ref) for ref in changed.after],
        "reasons": list(changed.reasons),
        "witness": witness_object(changed.witness),
    }


def witness_object(witness: Witness | None) -> dict[str, object] | None:
    """Return one call; None if there is none."""
    if witness is None:
        return None
    return {
        "text": witness.text,
        "identity": witness.identity or None,
        "address": witness.address or None,
        "protocol": witness.protocol,
        "method": witness.method,
        "path": witness.path,
        "authority": witness.authority,
        "headers": dict(witness.headers),
        "service": witness.service or None,
        "curl": witness.curl or None,
    }


def answer_as_json(asked: Asked) -> str:
    """Return the verdict on one call, its reasons, and what would allow it."""
    answer = public_answer(asked)
    shown = {
        "verdict": str(answer.verdict),
        "outcome": answer.outcome,
        "layer": str(answer.layer),
        "reasons": [
            {
                "text": reason.text,
                "rule": reason.rule,
                "place": str(reason.ref.place) if reason.ref is not None and reason.ref.place else "",
            }
            for reason in answer.reasons
        ],
        "route": None if answer.route is None else str(answer.route),
        "by": None if answer.by is None else str(answer.by),
        "otherwise": [{"way": way.name, "outcome": way.outcome} for way in answer.otherwise],
        "curl": answer.curl or None,
        "change": None if answer.suggestion is None else _suggestion(answer.suggestion),
    }
    return json.dumps(shown, indent=2)


def _suggestion(found: Suggestion) -> dict[str, object]:
    return {
        "text": found.text,
        "manifests": list(found.manifests),
        "exact": found.exact,
        "besides": [
            {
                "change": str(one.change),
                "client": one.client,
                "server": f"{one.server.namespaced_name}:{one.port}",
                "requests": one.requests,
            }
            for one in found.besides
        ],
    }


def survivors_as_json(tried: int, survived: Sequence[tuple[Survivor, Effect | None]]) -> str:
    """Return the number of changes tried, and those that no case notices, with what they open and close."""
    shown = [
        {
            "object": one.name,
            "place": str(one.place),
            "change": one.change,
            "requests": []
            if found is None
            else [_change(public_change(changed, found.cluster)) for changed in found.changes],
        }
        for one, found in survived
    ]
    return json.dumps({"tried": tried, "unnoticed": shown}, indent=2)
