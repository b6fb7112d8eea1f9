"""Whether the difference of two small clusters is what the rules say of their calls, asked one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from random import Random

from hypothesis import strategies as st

from meshpolicy.analysis.calls import Port
from meshpolicy.analysis.difference import Change, Changed, compare
from meshpolicy.core.client import Traffic
from meshpolicy.decide.decide import Decision, Verdict, stack
from meshpolicy.decide.judge import client_of, judge
from meshpolicy.decide.routing import Request
from meshpolicy.decide.transport import Call, find_service_target
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster

from .build import cluster
from .worlds import WORLDS, World, manifests

CLIENTS = ("pinger", "rogue", "stranger", "203.0.113.7")
PORTS = (8080, 8080, 9090, 4191)
PATHS = ("/", "/a", "/a/", "/ab", "/a/b", "/b", "/live", "/ready", "/a.B/c", "/a.X/d", "/a.B/")
SAMPLE = 150
"""Calls that are asked of each pair."""


def _edited(world: World, field: str, other: World, place: int) -> World:
    """Return a world in which one thing is another."""
    mine, theirs = getattr(world, field), getattr(other, field)
    if isinstance(mine, tuple) and mine and theirs and place % 2:
        at = place // 2 % len(mine)
        kept = replace(theirs[0], name=mine[at].name) if hasattr(mine[at], "name") else theirs[0]
        theirs = (*mine[:at], kept, *mine[at + 1 :])
    return replace(world, **{field: theirs})


PAIRS = st.tuples(WORLDS, st.sampled_from([field.name for field in fields(World)]), WORLDS, st.integers(0, 7)).map(
    lambda made: (made[0], _edited(*made))
)
"""A world, and the same world after one edit."""


@dataclass(frozen=True)
class Fault:
    """A call of which a difference is silent, or tells what is not so."""

    kind: str
    text: str


def faults(old: World, new: World, seed: int = 0) -> Iterator[Fault]:
    """Yield what is wrong with the difference of two worlds, as far as calls chosen by the seed show it."""
    before, after = cluster(*manifests(old)), cluster(*manifests(new))
    found = [changed for changed in compare(before, after) if changed.change.changes_requests]
    for changed in found:
        yield from _witness(before, after, changed)
    chance = Random(seed)  # noqa: S311 # no secret: calls to ask about
    for call, calls in _calls(before, after, chance):
        verdicts = [judge(state, one, settled=True).verdict for state, one in zip((before, after), calls, strict=True)]
        told = {changed.change for changed in found if _inside(changed, call, calls)}
        if Verdict.PROTOCOL_ERROR in verdicts or Verdict.CLOSED in verdicts:
            told = {change for change in told if _taken(change, (before, after), calls)}
        if Verdict.UNKNOWN in verdicts:
            continue
        flip = None
        if (verdicts[0] is Verdict.ALLOW) != (verdicts[1] is Verdict.ALLOW):
            flip = Change.OPENED if verdicts[1] is Verdict.ALLOW else Change.CLOSED
        if flip is not None and flip not in told:
            yield Fault("missed", f"{flip}: {call} {verdicts} told: {told}")
        if told - {flip}:
            yield Fault("spurious", f"{told}: {call} {verdicts}")


def _witness(before: Cluster, after: Cluster, changed: Changed) -> Iterator[Fault]:
    assert changed.region is not None, changed
    if changed.change is Change.UNKNOWN:
        return
    verdicts = []
    for state in (before, after):
        workload = state.workload(changed.server.namespace, changed.server.name)
        assert workload is not None
        verdicts.append(
            judge(state, changed.region.witness.call(Port(state, workload, changed.port)), settled=True).verdict
        )
    allowed = [verdict is Verdict.ALLOW for verdict in verdicts]
    if allowed != [changed.change is Change.CLOSED, changed.change is Change.OPENED]:
        yield Fault("spurious", f"witness of {changed.change}: {changed.region.witness} {verdicts}")


Asked = tuple[str, int, Traffic, Request]


def _calls(before: Cluster, after: Cluster, chance: Random) -> Iterator[tuple[Asked, tuple[Call, ...]]]:
    for _ in range(SAMPLE):
        client, port = chance.choice(CLIENTS), chance.choice(PORTS)
        traffic, direct = chance.choice(list(Traffic)), chance.random() < 0.5
        method = "POST" if traffic is Traffic.GRPC else chance.choice(("GET", "POST", "PUT"))
        request = Request(method, chance.choice(PATHS), chance.choice(({}, {"x": "1"})), "ponger.arena")
        calls = tuple(_call(state, client, port, traffic, request, direct=direct) for state in (before, after))
        yield (client, port, traffic, request), calls


def _call(state: Cluster, client: str, port: int, traffic: Traffic, request: Request, *, direct: bool) -> Call:
    server = state.workload("arena", "ponger")
    assert server is not None
    target = None if direct else find_service_target(state, server, port)
    workload = state.workload("arena", client)
    return Call(server, port, workload, None if workload else ip_address(client), target, request, traffic)


def _taken(change: Change, states: tuple[Cluster, Cluster], calls: tuple[Call, ...]) -> bool:
    """Whether the port takes such traffic where the call is said to be allowed; a line means no other."""
    at = 1 if change is Change.OPENED else 0
    call, state = calls[at], states[at]
    policy = effective(state, call.server, call.port)
    found = stack(policy, client_of(state, call).arrival, call.traffic)
    return not isinstance(found, Decision) or found.verdict is Verdict.ALLOW


def _inside(changed: Changed, asked: Asked, calls: tuple[Call, ...]) -> bool:
    region = changed.region
    assert region is not None
    name, port, traffic, request = asked
    call = calls[1]
    if changed.server.name != "ponger" or changed.port != port:
        return False
    names = {one for pods in region.pods for one in pods.names}
    outside = any(pods.example is None for pods in region.pods)
    if region.pods and not (f"arena/{name}" in names or (call.client is None and outside)):
        return False
    client = client_of(cluster(), call)
    client = replace(client, address=call.peer)
    if not any(term.holds(client) for term in region.clients):
        return False
    way = "" if call.service_target is None else f"arena/ponger:{call.service_target.port.number}"
    return any(
        traffic in one.traffics and one.service in ("", way) and (one.requests is None or one.requests.holds(request))
        for one in region.asked
    )
