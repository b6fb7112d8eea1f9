"""Suggests changes that allow a refused call; each is decided again before it is suggested. Pure.

Repairs of objects that exist, would admit the call and are not in force come before new objects.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from itertools import islice

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.difference import Comparison
from meshpolicy.analysis.regions import FAMILIES
from meshpolicy.analysis.requests import RequestSet, Term
from meshpolicy.analysis.suggest import Suggestion, suggestion
from meshpolicy.core.axis import Part
from meshpolicy.core.document import Manifest
from meshpolicy.core.match import IdentityMatch, PathKind, PathMatch
from meshpolicy.core.ref import Ref
from meshpolicy.decide.answer import Answer
from meshpolicy.decide.judge import judge
from meshpolicy.decide.transport import Call, identity_of
from meshpolicy.index.attach import is_server
from meshpolicy.index.authorize import resolve
from meshpolicy.index.index import index_of
from meshpolicy.kinds.assembly import rebuilt
from meshpolicy.kinds.authorizationpolicy import AuthorizationPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.references import Target, kind_of
from meshpolicy.kinds.route import Route
from meshpolicy.record import record, replace

Read = Callable[[Sequence[Manifest]], Sequence[Object]]
"""Reads manifests."""
MOST_REPAIRS = 24


@record
class Advice:
    """A suggested change, and its other effects."""

    text: str
    manifests: tuple[Manifest, ...] = ()
    more: tuple[Changed, ...] = ()
    """The other calls that the change opens or closes."""
    exact: bool = False
    """Whether the change allows this call and changes no other outcome."""


def advice(cluster: Cluster, call: Call, answer: Answer, read: Read) -> Advice | None:
    """Return a change that would allow a refused call, or None if the call is allowed or no such change is found."""
    if answer.allowed:
        return None
    for text, objects in islice(_repairs(cluster, call, answer), MOST_REPAIRS):
        after = rebuilt(cluster, objects)
        if _allowed(after, call):
            return _told(cluster, after, call, Suggestion(text))
    proposed = suggestion(cluster, call, answer)
    if proposed is None or not proposed.manifests:
        return None if proposed is None else Advice(proposed.text)
    after = rebuilt(cluster, (*cluster.objects, *read(proposed.manifests)))
    return _told(cluster, after, call, proposed) if _allowed(after, call) else None


def _allowed(after: Cluster, call: Call) -> bool:
    """Whether a call is allowed in another state of the cluster, in which client and server are looked up by name."""
    ends = {workload.ref: workload for workload in after.workloads}
    client = None if call.client is None else ends.get(call.client.ref, call.client)
    return judge(after, replace(call, server=ends.get(call.server.ref, call.server), client=client)).allowed


def _told(before: Cluster, after: Cluster, call: Call, proposed: Suggestion) -> Advice:
    comparison = Comparison(before, after)
    changed = [one for pair in comparison.pairs() for one in comparison.changes(*pair)]
    wanted = [one for one in changed if one.change.changes_requests]
    more = tuple(one for one in wanted if not _is_call(before, one, call))
    return Advice(proposed.text, proposed.manifests, more, exact=not more)


def _is_call(cluster: Cluster, changed: Changed, call: Call) -> bool:
    """Whether a change opens exactly this call, for the client's account only."""
    if changed.change is not Change.OPENED or changed.region is None or call.client is None:
        return False
    if (changed.server, changed.port) != (call.server.ref, call.port):
        return False
    who = Part((IdentityMatch(identity_of(cluster, call.client)),))
    path = PathMatch(PathKind.EXACT, call.request.target)
    exact = RequestSet((Term(Part((call.request.method,)), Part((path,))),))
    asked = all(one.requests == exact and one.traffics <= set(FAMILIES[0]) for one in changed.region.asked)
    return asked and {term.identities for term in changed.region.clients} == {who}


def _repairs(cluster: Cluster, call: Call, answer: Answer) -> Iterator[tuple[str, list[Object]]]:
    """Yield repairs of objects that are not in force: a description, and the cluster's objects after the repair.

    Routes come first, as a policy that targets such a route comes into force with it.
    """
    for route in cluster.in_namespace(call.server.ref.namespace).routes:
        for why, attached in _attached(cluster, route, answer):
            yield f"{route.ref} is in force nowhere: {why}", [attached if o is route else o for o in cluster.objects]
    policies = cluster.in_namespace(call.server.ref.namespace).authorization_policies
    for policy in policies:
        for why, repaired in _repaired(cluster, policy, answer):
            text = f"{policy.ref} would admit it, and is ignored: {why}"
            yield text, [repaired if one is policy else one for one in cluster.objects]


def _attached(cluster: Cluster, route: Route, answer: Answer) -> Iterator[tuple[str, Route]]:
    """Yield the reason and the repaired route for each missing parent with a name close to the port's Server."""
    server = None if answer.policy is None else answer.policy.server
    if server is None or not server.is_object:
        return
    there = {one.ref.name for one in cluster.in_namespace(route.ref.namespace).servers}
    for at, parent in enumerate(route.parents):
        if parent.kind.lower() != "server" or (is_server(parent) and parent.name in there):
            continue
        if parent.namespace == server.namespace and get_close_matches(parent.name, [server.name]):
            parents = list(route.parents)
            parents[at] = replace(parent, group=server.group, name=server.name)
            shown = f"{parent.kind}.{parent.group or 'core'} {parent.name}"
            hint = f"did you mean {server.kind}.{server.group} {server.name}?"
            yield f"its parent {shown} is not there; {hint}", replace(route, parents=tuple(parents))


def _repaired(
    cluster: Cluster, policy: AuthorizationPolicy, answer: Answer
) -> Iterator[tuple[str, AuthorizationPolicy]]:
    if resolve(cluster, policy) is None:
        for at, reference in enumerate(policy.references):
            for name in _instead(cluster, reference):
                references = list(policy.references)
                references[at] = replace(reference, namespace=name[0], name=name[1])
                shown = f"{reference.kind} {reference.namespace}/{reference.name}"
                hint = f"did you mean {name[0]}/{name[1]}?"
                yield f"there is no {shown}; {hint}", replace(policy, references=tuple(references))
    elif not _targets_something(cluster, policy):
        for ref in _near(answer):
            target = replace(policy.target, group=ref.group, kind=ref.kind, name=ref.name)
            shown = f"{policy.target.kind}.{policy.target.group or 'core'} {policy.target.name}"
            hint = f"did you mean {ref.kind}.{ref.group} {ref.name}?"
            yield f"it targets {shown}, which is not in force; {hint}", replace(policy, target=target)


def _instead(cluster: Cluster, reference: Target) -> list[tuple[str, str]]:
    """Return the authentications that a dangling reference may mean, as (namespace, name), closest names first."""
    known: dict[tuple[str, str], dict[tuple[str, str], object]] = {
        ("policy.linkerd.io", "meshtlsauthentication"): dict(cluster.identities),
        ("policy.linkerd.io", "networkauthentication"): dict(cluster.networks),
    }
    names = known.get(kind_of(reference), {})
    if (reference.namespace, reference.name) in names:
        return []
    near = [key for key in names if key[0] == reference.namespace] + [key for key in names if key[1] == reference.name]
    close = get_close_matches(reference.name, [name for _, name in near], n=len(near) or 1, cutoff=0.0)
    return sorted(dict.fromkeys(near), key=lambda key: close.index(key[1]))


def _targets_something(cluster: Cluster, policy: AuthorizationPolicy) -> bool:
    """Whether a policy's target is a Namespace, an existing Server, or an attached route (R23, R28, R47)."""
    space, kind = cluster.in_namespace(policy.ref.namespace), kind_of(policy.target)
    if kind == ("core", "namespace"):
        return True
    if kind[1] == "server":
        return any(server.ref.name == policy.target.name for server in space.servers)
    attached = (route for server in space.servers for route in index_of(cluster).attachments.routes(server))
    own = (*kind, policy.target.name.lower())
    return any((ref.group, ref.kind.lower(), ref.name.lower()) == own for ref in (route.ref for route in attached))


def _near(answer: Answer) -> Iterator[Ref]:
    """Yield the objects that a policy for the call may target: its route, the Server, other routes of the port."""
    if answer.decision is not None and answer.decision.route is not None and answer.decision.route.is_object:
        yield answer.decision.route
    if answer.policy is not None:
        refs = (answer.policy.server, *(route.ref for route in answer.policy.http_routes))
        yield from (ref for ref in refs if ref.is_object)
