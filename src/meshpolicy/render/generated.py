"""Generated policies as YAML, and their report as text and as JSON. Text is built here and printed elsewhere."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from meshpolicy.analysis.words import counted
from meshpolicy.core.ref import Ref
from meshpolicy.generate.aside import Aside, Why
from meshpolicy.generate.generate import Generated
from meshpolicy.generate.grant import ANY_REQUEST, Grant
from meshpolicy.generate.networks import Networks, said
from meshpolicy.generate.objects import Made
from meshpolicy.generate.proof import Meant, declared, scraped, sentence
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.traffic.read import Observed

MARK = "# Written by `meshpolicy generate`."
FILES = {
    "Server": "servers.yaml",
    "HTTPRoute": "httproutes.yaml",
    "MeshTLSAuthentication": "meshtlsauthentications.yaml",
    "NetworkAuthentication": "networkauthentications.yaml",
    "AuthorizationPolicy": "authorizationpolicies.yaml",
    "NetworkPolicy": "networkpolicies.yaml",
}
SHOWN_PATHS = 3
NOT_OBSERVED = (Why.DECLARED, Why.OUTSIDE, Why.UNSEEN)
CHOOSE = "      choose: "
"""The start of lines with options to copy."""


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as the manifests of this project are written."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def manifests_as_yaml(made: Sequence[Made]) -> str:
    """Return all objects as one stream of documents."""
    return f"{MARK}\n" + "---\n".join(map(_document, made))


def manifests_by_file(made: Sequence[Made]) -> Mapping[str, str]:
    """Return the contents of the files, one for each kind of object, with a kustomization of these files."""
    found = {
        name: manifests_as_yaml([one for one in made if one.ref.kind == kind])
        for kind, name in FILES.items()
        if any(one.ref.kind == kind for one in made)
    }
    listed = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": list(found)}
    return {**found, "kustomization.yaml": f"{MARK}\n{_yaml(listed)}"}


def _document(one: Made) -> str:
    comment = f"# {' '.join(one.why.split())}\n" if one.why else ""
    return comment + _yaml(one.manifest)


def _yaml(manifest: Mapping[str, object]) -> str:
    return yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=10**6, allow_unicode=True)


def generated_as_text(found: Generated, seen: Observed, cluster: Cluster) -> str:
    """Return what was granted, what else it opens, what was set aside, and what is proved."""
    parts = (
        ["\n".join(_seen(seen, found))],
        _part(
            "Granted, as observed (with any host, query and headers)",
            (_granted(one, cluster) for one in found.plan.grants if not one.general),
        ),
        _part("Granted, with more than was observed", _general(found, cluster)),
        _part("Granted, as the manifests declare it", (one.sentence(cluster) for one in _declared(found, cluster))),
        _part("Not granted", _not_granted(found)),
        _part("Closed, as nobody was granted a call", (f"{one.spot.name}: {one.why}" for one in found.closed)),
        *(_network_parts(found.networks) if found.networks is not None else ()),
        ["\n".join(_proved(found))],
    )
    return "\n\n".join(text for part in parts for text in part)


def _seen(seen: Observed, found: Generated) -> Iterator[str]:
    yield f"{counted(sum(call.count for call in seen.calls), 'observed call')} in {counted(seen.lines, 'line')}"
    for one in seen.unused:
        yield f"  {one.file}: not used: {one.what} ({one.count})"
    if found.plan.outgoing:
        yield f"  {counted(found.plan.outgoing, 'call')} as the callers' own proxies saw them: not counted twice"


def _part(title: str, lines: Any) -> list[str]:
    told = [f"  {line}" for line in lines]
    return ["\n".join([f"{title}:", *told])] if told else []


def _granted(grant: Grant, cluster: Cluster) -> str:
    return f"{sentence(grant, cluster)}  ({counted(grant.count, 'call')})"


def _general(found: Generated, cluster: Cluster) -> Iterator[str]:
    for grant in found.plan.grants:
        if grant.general:
            yield sentence(grant, cluster)
            yield f"    {_from(grant)}"
            if not grant.accepted:
                word = grant.pattern.text if grant.pattern else ANY_REQUEST
                choices = ("accept", "narrow", "forbid") if grant.pattern else ("accept", "forbid")
                yield f"{CHOOSE[2:]}{' | '.join(f'--{one}' for one in choices)} '{word}'"


def _from(grant: Grant) -> str:
    if grant.declared:
        return f"from {grant.declared}, {grant.calls[0].place}, which declares it: it was not observed"
    calls = counted(grant.count, "call")
    if grant.pattern is None:
        return f"from {calls} of which the source tells no method and path"
    shown = ", ".join(grant.paths[:SHOWN_PATHS]) + (" …" if len(grant.paths) > SHOWN_PATHS else "")
    return f"from {calls} to {counted(len(grant.paths), 'path')}: {shown}"


def _declared(found: Generated, cluster: Cluster) -> tuple[Meant, ...]:
    own = declared(cluster, found.plan, found.probing)
    return (*own, *scraped(found.proved.cluster, found.scraping))


def _not_granted(found: Generated) -> Iterator[str]:
    requests = Counter(one.said.request for one in found.plan.aside)
    requests.update(grant.pattern.text if grant.pattern else ANY_REQUEST for grant in found.plan.grants)
    for one in found.plan.aside:
        seen = [counted(one.count, "call")] if one.count else []
        yield str(one.said)
        yield f"    {one.why} ({', '.join([*seen, str(one.place)])})" + (f": {one.hint}" if one.hint else "")
        if one.open:
            # If other clients make the same request, the request alone would also decide about them.
            alone = requests[one.said.request] == 1 and one.why not in NOT_OBSERVED
            words = one.said.request if alone else str(one.said)
            yield f"{CHOOSE[2:]}{'--accept | ' if one.grantable else ''}--forbid '{words}'"


def _network_parts(networks: Networks) -> Iterator[list[str]]:
    yield _part("Let in by NetworkPolicies", (" ".join(said(one.servers, one.rules)) for one in networks.policies))
    yield _part("Let in by NetworkPolicies that are there already", networks.covered)
    yield _part(
        "Without a NetworkPolicy: it might refuse what runs",
        (f"{one.name}: {'; '.join(one.reasons)}" for one in networks.without),
    )


def _proved_of_networks(networks: Networks) -> Iterator[str]:
    if networks.refused:
        yield "  NOT LET THROUGH by NetworkPolicies that are there:"
    yield from (f"    {text}" for text in networks.refused)
    if networks.policies:
        yield "  callers are the pods of these manifests: others with the same account are kept out"
    if networks.policies and not networks.refused:
        yield "  proved: each call that was seen and is granted passes these NetworkPolicies"
    if networks.policies:
        yield "  proved: without any one caller in them, an observed call would be refused"
        yield "  proved: they let nobody in who was kept out, but those callers"


def _proved(found: Generated) -> Iterator[str]:
    proofs, objects = found.proved.proofs, found.made
    grants = sum(bool(one.grants) for one in objects)
    declared = any(grant.declared for grant in found.plan.grants)
    also, what = (" or are declared", "observed or declared") if declared else ("", "observed")
    yield f"{counted(len(objects), 'object')}, among them {counted(grants, 'grant')} to clients that were seen{also}"
    yield from (f"  REFUSED BY A CLUSTER: {problem}" for problem in found.proved.problems)
    some = bool(objects or found.plan.spots)
    if not some:
        yield "  nothing to prove: no port is closed, and no call is granted"
    elif not proofs.refused and (grants or _declared(found, found.proved.cluster)):
        yield "  proved: all that is granted above is allowed"
    if proofs.refused:
        yield "  NOT PROVED:"
    yield from (f"    {text}" for text in proofs.refused)
    if grants and not proofs.doubtful:
        yield f"  proved: without any one of these grants, an {what} call would be refused"
    if proofs.doubtful:
        yield f"  NOT KNOWN whether these are needed, as other objects may grant the same: {_listed(proofs.doubtful)}"
    yield from (f"    left out: {ref}, as other objects grant the same" for ref in proofs.needless)
    if some and not proofs.beyond and not proofs.unknown:
        yield "  proved: nothing else is allowed on these ports"
    for one in proofs.beyond:
        yield f"  {'PERHAPS ' if one.doubt else ''}ALLOWED BESIDES: {one.words} (for example {one.witness})"
        yield from (f"    not known: {one.doubt}",) if one.doubt else ()
    yield from (f"  NOT KNOWN: {text}" for text in proofs.unknown)
    yield from _proved_of_networks(found.networks) if found.networks is not None else ()
    if not found.plan.decided:
        yield "  left to decide: each `choose:` above; until then the exit code is 1"


def _listed(refs: Sequence[Ref]) -> str:
    return ", ".join(map(str, refs))


def generated_as_json(found: Generated, seen: Observed, cluster: Cluster, notes: Sequence[str] = ()) -> str:
    """Return the same as JSON, with the objects, and with `notes` about manifests that were not read."""
    proofs = found.proved.proofs
    shown = {
        "notes": list(notes),
        "observed": {"calls": sum(call.count for call in seen.calls), "lines": seen.lines},
        "unused": [{"file": one.file, "what": one.what, "count": one.count} for one in seen.unused],
        "left_out": [str(problem) for problem in seen.problems],
        "grants": [_grant_object(grant, cluster) for grant in found.plan.grants],
        "declared": [one.sentence(cluster) for one in _declared(found, cluster)],
        "not_granted": [_aside_object(one) for one in found.plan.aside],
        "closed": [one.spot.name for one in found.closed],
        "closed_because": {one.spot.name: one.why for one in found.closed},
        "proofs": {
            # Without any grant, the output must not say that all calls are allowed.
            "allowed": not proofs.refused if found.plan.grants or _declared(found, cluster) else None,
            "refused": list(proofs.refused),
            "left_out": [str(ref) for ref in proofs.needless],
            "perhaps_needless": [str(ref) for ref in proofs.doubtful],
            "beyond": [
                {"sentence": one.words, "witness": one.witness, "unknown": one.doubt or None} for one in proofs.beyond
            ],
            "unknown": list(proofs.unknown),
            "problems": list(found.proved.problems),
        },
        "settled": found.settled,
        "network_policies": None if found.networks is None else _networks_object(found.networks),
        "manifests": [one.manifest for one in found.made],
    }
    return json.dumps(shown, indent=2)


def _aside_object(one: Aside) -> dict[str, object]:
    return {
        "why": str(one.why),
        "client": one.said.client,
        "request": one.said.request,
        "server": one.said.server,
        "count": one.count,
        "place": str(one.place),
        "hint": one.hint,
        "open": one.open,
    }


def _networks_object(networks: Networks) -> dict[str, object]:
    return {
        "made": [
            {"name": one.made.ref.namespaced_name, "lets_in": list(said(one.servers, one.rules))}
            for one in networks.policies
        ],
        "covered": list(networks.covered),
        "without": [{"server": one.name, "reasons": list(one.reasons)} for one in networks.without],
        "refused": list(networks.refused),
    }


def _grant_object(grant: Grant, cluster: Cluster) -> dict[str, object]:
    return {
        "sentence": sentence(grant, cluster),
        "request": grant.pattern.text if grant.pattern else ANY_REQUEST,
        "more_than_observed": grant.general,
        "accepted": grant.accepted,
        "declared": grant.declared,
        "count": grant.count,
        "paths": list(grant.paths),
        "places": [str(call.place) for call in grant.calls[:SHOWN_PATHS]],
    }
