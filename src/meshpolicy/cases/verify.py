"""Compares a policy case with the rules: expected, actual, and why. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from ipaddress import ip_address

from meshpolicy.cases.case import Case, CaseRequest, Facts
from meshpolicy.core.client import Traffic
from meshpolicy.core.errors import Place, Problem
from meshpolicy.core.match import Address
from meshpolicy.core.truth import Truth
from meshpolicy.decide.answer import Answer
from meshpolicy.decide.connection import Infrastructure, Start, loses_discovery, resolves, start
from meshpolicy.decide.judge import judge
from meshpolicy.decide.limiter import Limiter
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, find_service_target, identity_of
from meshpolicy.index.attach import Status
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint
from meshpolicy.kinds.annotations import ADMIN_PORT
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.record import record

TOLERANCE = 3
"""The number of requests by which a burst may differ, as rate limits refill while it lasts."""
IDLE_SECONDS = 5
"""Seconds without a call after which a proxy forgets a target (N17)."""


@record
class Difference:
    """One difference between a case and the rules."""

    place: Place
    subject: str
    expected: str
    found: str
    reasons: tuple[str, ...] = ()


@record
class Result:
    """The result of one case."""

    case: Case
    checked: int
    """The number of requests, conditions and refused manifests that were compared."""
    differences: tuple[Difference, ...] = ()
    remarks: tuple[str, ...] = ()
    """Further observations of the case, and what the rules say about them."""


def verify(case: Case) -> Result:
    """Compare one case with the rules."""
    manifests = parse_documents((*case.manifests, *case.policies), case.settings, closed=True)
    cluster = manifests.cluster
    found = [_unexpected_refusal(problem) for problem in manifests.problems]
    found += _admitted(case)
    found += _conditions(case, index_of(cluster).attachments.statuses(cluster))
    run = Run(cluster, case.facts, cut=case.cut)
    for request in case.requests:
        found += run.compare(request)
    checked = len(case.requests) + len(case.conditions) + len(case.rejected)
    remarks = (run.remark(case.new_pod),) if case.new_pod is not None else ()
    return Result(case, checked, tuple(found), remarks)


def _unexpected_refusal(problem: Problem) -> Difference:
    return Difference(problem.place, "the manifests", "accepted", "refused", (problem.message,))


def _admitted(case: Case) -> Iterable[Difference]:
    """Yield the manifests that should be refused but are not."""
    for document in case.rejected:
        if not parse_documents([document], case.settings).problems:
            yield Difference(document.place, str(document.data.get("kind")), "refused on admission", "accepted")


def _conditions(case: Case, statuses: Iterable[Status]) -> Iterable[Difference]:
    found = Counter(_condition(status) for status in statuses)
    for expected in case.conditions:
        key = (expected.object, expected.parent, expected.status, expected.reason)
        if expected.parent.startswith(("Server/",)) or not expected.parent:
            if found[key] <= 0:
                same = [k for k in found if k[:2] == key[:2]]
                shown = ", ".join(f"Accepted={k[2]} {k[3]}" for k in same) or "no condition"
                yield Difference(case.place, expected.object, str(expected), shown)
            found[key] -= 1


def _condition(status: Status) -> tuple[str, str, str, str]:
    parent = f"Server/{status.parent.name}" if status.parent else ""
    name = f"{status.ref.kind}.{status.ref.group}/{status.ref.name}"
    return name, parent, str(status.accepted), status.reason


class Run:
    """Decides the requests of one case in order, keeping the state of rate limits and pauses between them."""

    def __init__(self, cluster: Cluster, facts: Facts, *, cut: bool) -> None:
        self._cluster = cluster
        self._node = _address(facts.node)
        self._infrastructure = Infrastructure(
            cluster.settings.control_plane_namespace,
            *map(_address, (facts.dns, facts.destination, facts.identity)),
        )
        self._control_plane_lost = cut
        self._waited = 0.0
        self._limiters: dict[str, Limiter] = {}

    def compare(self, request: CaseRequest) -> Iterable[Difference]:
        """Yield the differences of one request."""
        self._wait(request.pause)
        call = self._call(request)
        if call is None:
            yield Difference(request.place, str(request), _counts(request.expect), "no such workload or address")
            return
        found, answer = self._outcomes(request, call)
        reasons = tuple(map(str, answer.reasons)) if answer else ()
        if not _agree(request, found):
            yield Difference(request.place, str(request), _counts(request.expect), _counts(found), reasons)
        for name, value in request.shown.items():
            seen = _header(answer, request, name)
            if seen != value:
                yield Difference(request.place, f"{request}: {name}", str(value), str(seen), reasons)

    def remark(self, request: CaseRequest) -> str:
        """Return the outcome for a copy of the client started under the policies (N17), expected and measured."""
        call = self._call(request)
        found = "no such workload" if call is None else self._started(request, call)
        measured = _counts(request.expect)
        agrees = "as measured" if found == measured else f"but measured was {measured}"
        return f"a new pod of {request.caller} -> {request.namespace}/{request.pod}:{request.port}: {found}, {agrees}"

    def _started(self, request: CaseRequest, call: Call) -> str:
        begun = start(
            index_of(self._cluster).network_policies, Endpoint(call.client, call.address), self._infrastructure
        )
        if call.meshed and begun is not Start.WORKS:
            return str(begun)
        return _counts(self._outcomes(request, call)[0])

    def _wait(self, seconds: float) -> None:
        self._waited += seconds
        for limiter in self._limiters.values():
            limiter.wait(seconds)

    def _call(self, request: CaseRequest) -> Call | None:
        server = self._cluster.workload(request.namespace, request.pod)
        client = self._cluster.workload(*request.caller.split("/", 1)) if "/" in request.caller else None
        address = None if "/" in request.caller else _address(request.caller)
        if server is None or (client is None and address is None):
            return None
        service_target = None if request.direct else find_service_target(self._cluster, server, request.port)
        traffic = Traffic(request.protocol)
        return Call(server, request.port, client, address, service_target, _sent(request, traffic), traffic)

    def _outcomes(self, request: CaseRequest, call: Call) -> tuple[Mapping[str, int], Answer | None]:
        """Return the number of each outcome, and the answer if the call reached a port."""
        client = Endpoint(call.client, call.address)
        policies = index_of(self._cluster).network_policies
        if request.resolve and resolves(policies, client, self._infrastructure) is not Truth.YES:
            return {"unresolved": request.repeat}, None
        if (
            self._control_plane_lost
            and self._waited >= IDLE_SECONDS
            and call.meshed
            and loses_discovery(policies, client, self._infrastructure)
        ):
            return {"timeout": request.repeat}, None
        answer = judge(self._cluster, call, node=self._node, settled=True)
        return Counter(self._limited(call, answer) for _ in range(request.repeat)), answer

    def _limited(self, call: Call, answer: Answer) -> str:
        """Return one outcome after the rate limit, which counts only requests that would be allowed (R85)."""
        limit = answer.policy.rate_limit if answer.policy is not None else None
        http = call.traffic.is_http and answer.decision is not None and answer.decision.route is not None
        if limit is None or not answer.allowed or not http:
            return answer.outcome
        limiter = self._limiters.setdefault(f"{call.server.ref}:{call.port}", Limiter(limit))
        identity = identity_of(self._cluster, call.client) if call.client is not None and call.meshed else ""
        if limiter.admits(identity):
            return answer.outcome
        if call.port == ADMIN_PORT:
            return "500"  # The admin server has no rate limits (R103).
        return "grpc-8" if call.traffic is Traffic.GRPC else "429"


def _sent(request: CaseRequest, traffic: Traffic) -> Request:
    method = "POST" if traffic is Traffic.GRPC else request.method
    authority = request.headers.get("host", request.authority)
    return Request(method, request.path, {**request.headers, "host": authority}, authority)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text) if text else None
    except ValueError:
        return None


def _agree(request: CaseRequest, found: Mapping[str, int]) -> bool:
    if request.repeat == 1:
        return dict(found) == dict(request.expect)
    return all(abs(found.get(word, 0) - request.expect.get(word, 0)) <= TOLERANCE for word in {*found, *request.expect})


def _header(answer: Answer | None, request: CaseRequest, name: str) -> str | None:
    """Return the value of a request header as the application receives it."""
    if answer is not None and name in answer.headers:
        return answer.headers[name]
    return request.authority if name == "host" and name not in request.headers else request.headers.get(name)


def _counts(outcomes: Mapping[str, int]) -> str:
    if sum(outcomes.values()) == 1:
        return next(iter(outcomes))
    return ", ".join(f"{count} x {word}" for word, count in sorted(outcomes.items()))
