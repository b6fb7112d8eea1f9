"""Sends one real request as a chosen client, and compares the outcome with the policies' prediction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from localmesh.ask.sending import Observed, Way, in_plain, send, through_sidecar, with_certificate
from localmesh.ask.sources import AsAccount, AsPod, AsStranger, Source, find_source
from localmesh.ask.targets import Target, find_target
from localmesh.control.podwriter import PodWriter
from localmesh.errors import BadInput
from localmesh.identity.credentials import Credentials
from localmesh.pods.addresses import LOCALHOST, to_cluster
from localmesh.pods.plan import Group
from localmesh.pods.pod import Pod
from localmesh.state import StateFolder
from localmesh.views import UNREACHABLE, Answer, Question
from meshpolicy.core.client import Arrival, Client
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.policy import PortPolicy
from meshpolicy.core.ref import Reason
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import hinted_opaque
from meshpolicy.index.effective import effective

BY_STATUS = {
    403: Verdict.FORBIDDEN,
    404: Verdict.NOT_FOUND,
    429: Verdict.RATE_LIMITED,
    400: Verdict.PROTOCOL_ERROR,
    407: Verdict.PROTOCOL_ERROR,
    431: Verdict.PROTOCOL_ERROR,
    500: Verdict.PROTOCOL_ERROR,
}
"""The verdict that a proxy's own status code stands for."""
CONNECTION_LOST = (Verdict.CLOSED, Verdict.PROTOCOL_ERROR)
UNREADABLE = (400, 407, 431)
UNREADABLE_REASON = (
    "a proxy does not take such a request (its method, its target, its size, an upgrade), and so asked no policy"
)
GATEWAY_ERRORS = (502, 503, 504)
"""Statuses of a proxy whose connection the server closed (M2), by policy or because no server is there."""


@dataclass(frozen=True, slots=True)
class ProbeClient:
    """Knows the pods that run, and who else may be meant."""

    groups: Sequence[Group]
    writer: PodWriter
    proxies: Mapping[str, str]
    """The proxy URL of each pod, including its secret, by pod name."""
    running: Sequence[Pod]
    ready: Sequence[Pod]
    identities: Sequence[str]
    folder: StateFolder
    node: IPv4Address

    async def ask(self, question: Question) -> Answer:
        """Send a request; return its outcome and the prediction."""
        settings = self.writer.cluster.settings
        source = find_source(question.source, self.running, self.identities, settings, self.node)
        target = written(question.request_target, self._target(question.target, source), source)
        observed = await send(self._way(source, target), target, question.method, question.headers)
        policy = effective(self.writer.cluster, self._group(target.pod).workload, target.number).taken_to_hold()
        opaque = hinted_opaque(self.writer.cluster, self._group(target.pod).workload, target.number)
        decision = predicted(policy, source, target, question, opaque=opaque)
        found = verdict(observed, decision)
        expected, reasons = comparable(observed, found, decision)
        return Answer(
            source=question.source,
            target=question.target,
            request=f"{question.method} {target.path}",
            status=observed.status,
            line=observed.line,
            seconds=observed.seconds,
            verdict=found,
            predicted=expected,
            reasons=reasons,
        )

    def _target(self, text: str, source: Source) -> Target:
        services = self.writer.cluster.services
        if not isinstance(source, AsPod):
            return find_target(text, services, self.running, self.ready)
        # A pod that calls its own Service may reach itself; predict for one of the other pods, if there is one.
        others_first = sorted(self.ready, key=lambda pod: pod.name == source.pod.name)
        target = find_target(text, services, self.running, others_first)
        if target.pod.workload == source.pod.workload:
            return replace(target, authority=f"{target.pod.local}:{target.number}")
        return target

    def _way(self, source: Source, target: Target) -> Way:
        match source:
            case AsPod(pod):
                return through_sidecar(target, self.proxies[pod.name])
            case AsStranger(address):
                return in_plain(target, address)
            case AsAccount(identity):
                credentials: Credentials = self.writer.credentials
                leaf, anchor = credentials.leaf(identity), credentials.authority.anchor.pem
                return with_certificate(target, LOCALHOST, leaf, anchor, self.folder.authority)

    def _group(self, pod: Pod) -> Group:
        return next(group for group in self.groups if group.workload.ref == pod.workload)


def written(request_target: str | None, target: Target, source: Source) -> Target:
    """Return the target with `request_target`, if given, in its request line instead of its path."""
    if request_target is None:
        return target
    if isinstance(source, AsPod) and request_target[:1] not in ("", "/"):
        raise BadInput(
            f"request target {request_target!r}: {source.pod.name} sends through its sidecar, which puts"
            f" http://{target.authority} before it: it has to be empty or to begin with `/`",
            hint="any request target can be sent as `unmeshed`, `node` or NAMESPACE/ACCOUNT",
        )
    return replace(target, path=request_target)


def predicted(policy: PortPolicy, source: Source, target: Target, question: Question, *, opaque: bool) -> Decision:
    """Return the policies' decision on a question."""
    if isinstance(source, AsPod) and source.pod.name == target.pod.name:
        return Decision(Verdict.ALLOW, reasons=(Reason("a pod that calls itself passes no policy", "M1"),))
    headers: dict[str, str] = {}
    for name, value in question.headers:
        before = headers.get(name.lower())
        headers[name.lower()] = value if before is None else f"{before}{NEXT_LINE}{value}"
    path, authority = target.received(headers.get("host", target.authority), by_proxy=isinstance(source, AsPod))
    request = Request(question.method, path, headers, authority)
    return decide(policy, client(source, opaque=opaque), request)


def client(source: Source, *, opaque: bool = False) -> Client:
    """Return the client that the server's proxy sees for a source."""
    match source:
        case AsPod(pod):
            meshed = Arrival.MESHED_OPAQUE if opaque else Arrival.MESHED_HTTP
            return Client(pod.address, meshed if pod.meshed else Arrival.PLAIN, pod.identity)
        case AsAccount(identity):
            return Client(to_cluster(LOCALHOST), Arrival.MESHED_HTTP, identity)
        case AsStranger(address):
            return Client(to_cluster(address))


def verdict(observed: Observed, decision: Decision) -> str:
    """Return the observed verdict; `unreachable` if the policies allow the request but no server is there."""
    status = observed.status
    if not observed.by_proxy:
        return Verdict.ALLOW
    if status is not None and 300 <= status < 400:
        return Verdict.REDIRECT
    found = Verdict.CLOSED if status is None or status in GATEWAY_ERRORS else BY_STATUS.get(status, Verdict.ALLOW)
    if found in CONNECTION_LOST and decision.verdict in CONNECTION_LOST:
        # A refused stream and a missing server look alike: the connection ends without a response of the app.
        return decision.verdict
    return UNREACHABLE if status in GATEWAY_ERRORS and decision.allowed else found


def comparable(observed: Observed, found: str, decision: Decision) -> tuple[str, tuple[str, ...]]:
    """Return what the verdict is held against, itself where the policies say nothing of it, and the reasons."""
    if observed.by_proxy and observed.status in UNREADABLE and found != decision.verdict:
        return found, (UNREADABLE_REASON,)
    if found != decision.verdict and any(reason.rule == "R136" for reason in decision.reasons):
        return found, (f"Envoy reads this target, and Linkerd refuses it: {decision.reasons[-1]}",)
    return found if _beyond_prediction(found, decision) else decision.verdict, tuple(map(str, decision.reasons))


def _beyond_prediction(verdict: str, decision: Decision) -> bool:
    """Whether the policies alone cannot predict the verdict: a rate limit depends on earlier requests."""
    return decision.verdict is Verdict.UNKNOWN or (verdict == Verdict.RATE_LIMITED and decision.allowed)
