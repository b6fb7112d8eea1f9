"""The ways in which a call to a name arrives: its Services, the pods behind them, the pod's address. Pure.

A question is about a name: if the ways have different outcomes, the answer says so.
"""

from collections.abc import Callable, Sequence

from meshpolicy.analysis.needs import with_needs
from meshpolicy.analysis.questions import Target
from meshpolicy.core.ref import Reason
from meshpolicy.decide.answer import Answer
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import judge
from meshpolicy.decide.transport import Call, ServiceTarget, find_service_targets
from meshpolicy.index.servers import target_ports
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace

MakeCall = Callable[[Workload, int, ServiceTarget | None], Call]


@record
class Way:
    """One way to the target, with the answer to the call."""

    call: Call
    answer: Answer

    @property
    def name(self) -> str:
        """Return the way in words."""
        target = self.call.service_target
        if target is None:
            return f"by the address of {self.call.server.ref}"
        return f"through {target.service.ref}, port {target.port.number}, to {self.call.server.ref}"

    @property
    def told(self) -> str:
        """Return the way and what becomes of the call in words."""
        return f"{self.name}: {self.answer.outcome}"


@record
class Judged:
    """The answer to a call to a name, the way that it is based on, and the ways with another outcome."""

    call: Call
    answer: Answer
    others: tuple[Way, ...] = ()

    @property
    def untold(self) -> tuple[Way, ...]:
        """Return the ways that the reasons of the answer do not mention."""
        told = {reason.text for reason in self.answer.reasons}
        return tuple(way for way in self.others if way.told not in told)


def judge_name(cluster: Cluster, what: Target, make: MakeCall, *, direct: bool = False) -> Judged:
    """Return the answer to a call to a target by its name.

    If a Service has the name, the Service is called. It may lead to several pods; the answer is certain only if all of
    them answer alike. Otherwise the client may choose among the Services that lead to the target and the pod's
    address. The call is allowed if one of these ways is, as the client's own proxy does not protect the server.
    """
    found = _judge_name(cluster, what, make, direct=direct)
    answer = with_needs(cluster, found.call, found.answer)
    ends = {one.ref: one for one in (found.call.client, found.call.server) if one is not None}
    later = tuple(Reason(one.stopped, "R7", one.ref) for one in ends.values() if one.stopped)
    return replace(found, answer=replace(answer, reasons=(*later, *answer.reasons)))


def _judge_name(cluster: Cluster, what: Target, make: MakeCall, *, direct: bool) -> Judged:
    targets = [] if direct else find_service_targets(cluster, what.workload, what.port)
    named = [one for one in targets if one.service.ref.name == what.called]
    named = [one for one in named if what.dialled in (0, one.port.number)]
    called = named if named or what.dialled else targets  # the port of a Service without a target: a pod's address
    ways = [_way(cluster, make(what.workload, what.port, one)) for one in called]
    address = _way(cluster, make(what.workload, what.port, None))
    if not named:
        more = (replace(what, workload=pod, more=()) for pod in what.more)
        return _agreed(_best([*ways, address]), [_judge_name(cluster, one, make, direct=direct) for one in more])
    others = [
        _way(cluster, make(pod, port, one))
        for one in named
        for pod, port in _behind(cluster, one)
        if pod is not what.workload
    ]
    first = _best(ways)
    differing = [way for way in (*ways, *others) if _is_unlike(way.answer, first.answer)]
    elsewhere = tuple(way for way in (*differing, address) if _differs(way, first.answer))
    return _uncertain(first, differing) if differing else replace(first, others=elsewhere)


def _way(cluster: Cluster, call: Call) -> Way:
    return Way(call, judge(cluster, call))


def _behind(cluster: Cluster, target: ServiceTarget) -> list[tuple[Workload, int]]:
    """Return the pods to which a Service's port leads, each with its port."""
    return [
        (workload, port)
        for workload in cluster.workloads
        if target.service.selects(workload.ref.namespace, workload.labels)
        for port in target_ports(workload, target.port.target)
    ]


def _best(ways: Sequence[Way]) -> Judged:
    """Return the first way that is allowed, or else the first unknown one, or else the first."""
    order = (Verdict.ALLOW, Verdict.UNKNOWN)
    chosen = next((way for verdict in order for way in ways if way.answer.verdict is verdict), ways[0])
    return Judged(chosen.call, chosen.answer, tuple(way for way in ways if _differs(way, chosen.answer)))


def of_callers(found: Sequence[Judged]) -> Judged:
    """Return the answer to a call by one of several pods, each of which was judged: unknown if they differ."""
    first, *others = found
    differing = [one for one in others if _is_unlike(one.answer, first.answer)]
    if not differing:
        return first
    told = ((one.call.client, one.answer.outcome) for one in differing)
    reasons = tuple(Reason(f"{client.ref} gets `{outcome}`", "R13", client.ref) for client, outcome in told if client)
    return replace(first, answer=_unknown(first.answer, reasons))


def _agreed(first: Judged, others: Sequence[Judged]) -> Judged:
    """Return the answer to a call to one of several pods."""
    differing = [Way(one.call, one.answer) for one in others if _is_unlike(one.answer, first.answer)]
    return _uncertain(first, differing) if differing else first


def _is_unlike(answer: Answer, first: Answer) -> bool:
    """Whether an answer contradicts the first one: only one of the two is allowed, or only it is unknown."""
    unknown = answer.verdict is Verdict.UNKNOWN and first.verdict is not Verdict.UNKNOWN
    return unknown or answer.allowed is not first.allowed


def _differs(way: Way, answer: Answer) -> bool:
    return way.answer.outcome != answer.outcome


def _uncertain(first: Judged, differing: Sequence[Way]) -> Judged:
    """Return the answer if the pods of one name differ: it is unknown which one the call reaches."""
    reasons = tuple(Reason(way.told, "R13") for way in differing)
    return Judged(first.call, _unknown(first.answer, reasons), tuple(differing))


def _unknown(answer: Answer, reasons: Sequence[Reason]) -> Answer:
    return replace(answer, verdict=Verdict.UNKNOWN, outcome="unknown", reasons=(*answer.reasons, *reasons))
