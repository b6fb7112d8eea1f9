"""Whether one call is allowed, and why."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from meshpolicy.analysis.advice import Advice, advice
from meshpolicy.analysis.curl import curl
from meshpolicy.analysis.questions import Caller, Target, caller, target
from meshpolicy.analysis.sent import Sent, read_sent
from meshpolicy.analysis.ways import Judged, judge_name, of_callers
from meshpolicy.api.change import Changed
from meshpolicy.api.change import public as change
from meshpolicy.api.manifests import Manifests, cluster_of
from meshpolicy.core.document import Manifest
from meshpolicy.core.ref import Reason, Ref
from meshpolicy.core.truth import Truth
from meshpolicy.decide.answer import Layer
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import judge
from meshpolicy.decide.transport import Call, ServiceTarget, authority
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.parse import parse_manifests
from meshpolicy.record import record, replace


@record
class Way:
    """Another way to the same target, on which the call has another outcome."""

    name: str
    """The Service and the pod on this way, in words."""
    verdict: Verdict
    outcome: str
    """What the client sees on this way, like `outcome` of an `Answer`."""


@record
class Suggestion:
    """A change that would allow a refused call. The call was decided again with it before it is suggested."""

    text: str
    manifests: tuple[Mapping[str, Any], ...]
    """The objects to apply, as the mappings that YAML holds."""
    exact: bool
    """Whether the change allows this call by the client's account, and changes no other request."""
    besides: tuple[Changed, ...]
    """What else the change opens or closes."""


@record
class Answer:
    """What happens to a call. It has no truth value: `assert answer` is a TypeError, use `answer.allowed`.

    As a text it is the verdict with its reasons, for the message of an assertion.
    """

    verdict: Verdict
    """What happens to the call, in one word."""
    outcome: str
    """What the client sees: `allow`, an HTTP status (`403`), `grpc-7`, `closed`, `blocked`, or `unknown`."""
    layer: Layer
    """Who decides it: NetworkPolicies, the client's proxy, the server's, or nobody."""
    reasons: tuple[Reason, ...]
    """Each step, with its rule, its object and the object's place. The last one decides, or says what is unknown."""
    route: Ref | None
    """The route that the request meets."""
    by: Ref | None
    """The object that grants the call; None if the call is not allowed, or needs no grant."""
    otherwise: tuple[Way, ...]
    """Other ways to the same target, on which the call has another outcome."""
    curl: str
    """The command that makes the call; empty if the call is not HTTP/1."""
    suggestion: Suggestion | None
    """A change that would allow the call; None unless `suggest` was given and one was found."""

    @property
    def allowed(self) -> bool:
        """Whether the application gets the call for certain."""
        return self.verdict is Verdict.ALLOW

    @property
    def refused(self) -> bool:
        """Whether the application does not get the call for certain: an unknown call is not refused."""
        return self.verdict not in (Verdict.ALLOW, Verdict.UNKNOWN)

    @property
    def unknown(self) -> bool:
        """Whether the manifests do not decide the call; the last reason says what they lack."""
        return self.verdict is Verdict.UNKNOWN

    def __bool__(self) -> NoReturn:
        raise TypeError("an Answer may be unknown: ask its .allowed, .refused or .unknown")

    def __str__(self) -> str:
        return "\n".join([f"{self.verdict}, decided by {self.layer}", *(f"  {reason}" for reason in self.reasons)])


def check(
    manifests: Manifests,
    client: str,
    server: str,
    *,
    method: str = "GET",
    path: str = "",
    headers: Mapping[str, str] | None = None,
    host: str = "",
    protocol: str = "http",
    direct: bool = False,
    suggest: bool = False,
) -> Answer:
    """Decide one call.

    Args:
        manifests: what `read` returned.
        client: who calls: a workload (`pinger`, `namespace/name`), an account that the policies name, an address, or
            `unmeshed`. An address means the pod that has it; an address of no pod may be that of the server's node.
        server: what is called: `[namespace/]workload[:port][/path]`; a port is a number or a name. Or the name or URL
            of a Service, such as `cart.shop.svc.cluster.local/items` or `http://cart.shop:8080/items`.
        method: the request's HTTP method.
        path: the request's path with its query, if `server` does not contain it; empty: `/`.
        headers: the request's headers.
        host: the request's Host header; empty: the name of the Service.
        protocol: what the client speaks: `http`, `http2`, `grpc`, `tcp`, or `tls` of the application's own.
        direct: whether the pod's address is called, not its Service.
        suggest: whether to look for a change that would allow a refused call; this takes longer than the answer itself.

    Returns:
        The verdict with its reasons.

    Raises:
        InvalidInput: a cluster would refuse some of the manifests.
        InvalidQuestion: method, path, a header or the protocol cannot be sent.
        UnknownWorkload: the manifests have no such client, server or port; the message names the closest match.

    """
    lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
    sent = read_sent(method, path, lines, host, protocol)
    return public(ask(cluster_of(manifests), client, server, sent, direct=direct, suggest=suggest))


@record
class Asked:
    """A call that was asked about, and what becomes of it."""

    cluster: Cluster
    who: Caller
    what: Target
    judged: Judged
    change: Advice | None


def ask(
    cluster: Cluster, client: str, server: str, sent: Sent, *, direct: bool = False, suggest: bool = False
) -> Asked:
    """Return what becomes of a call, and with `suggest` what would allow it."""
    who, what = caller(cluster, client), target(cluster, server, direct=direct)

    def judged_for(pod: Workload | None) -> Judged:
        def make(workload: Workload, port: int, service_target: ServiceTarget | None) -> Call:
            request = sent.request(what.path, authority(workload, port, service_target))
            return Call(workload, port, pod, who.address, service_target, request, sent.traffic)

        return judge_name(cluster, what, make, direct=direct)

    judged = of_callers([judged_for(pod) for pod in (who.workload, *who.more)])
    return Asked(cluster, who, what, judged, _advice(cluster, judged) if suggest else None)


def _advice(cluster: Cluster, judged: Judged) -> Advice | None:
    def read(manifests: Sequence[Manifest]) -> Sequence[Object]:
        return parse_manifests(manifests, cluster.settings, "the suggestion").cluster.objects

    call, answer = judged.call, judged.answer
    if answer.verdict is Verdict.UNKNOWN and call.client is None:
        call = replace(call, on_node=Truth.NO)  # the server's own node needs no change
        answer = judge(cluster, call)
    return advice(cluster, call, answer, read)


def public(asked: Asked) -> Answer:
    """Return the answer, without what it was found with."""
    answer = asked.judged.answer
    decision = None if answer.verdict is Verdict.UNKNOWN else answer.decision
    route = decision.route if decision is not None and decision.route is not None and decision.route.is_object else None
    grant = decision.authorization if decision is not None and decision.allowed else None
    return Answer(
        answer.verdict,
        answer.outcome,
        answer.layer,
        answer.reasons,
        route,
        None if grant is None else grant.ref,
        tuple(Way(way.name, way.answer.verdict, way.answer.outcome) for way in asked.judged.others),
        curl(asked.judged.call),
        None if asked.change is None else _suggestion(asked.change, asked.cluster),
    )


def _suggestion(found: Advice, cluster: Cluster) -> Suggestion:
    return Suggestion(found.text, found.manifests, found.exact, tuple(change(one, cluster) for one in found.more))
