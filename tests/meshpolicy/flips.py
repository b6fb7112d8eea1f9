"""Whether the difference of two small clusters is what the rules say of their calls, asked one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from random import Random
from time import perf_counter
from typing import Any

from hypothesis import strategies as st

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.difference import compare
from meshpolicy.analysis.needs import need_changes
from meshpolicy.analysis.port import Port
from meshpolicy.core.client import Client, Traffic
from meshpolicy.core.truth import truth
from meshpolicy.decide.decide import stack
from meshpolicy.decide.decision import Decision, Verdict
from meshpolicy.decide.judge import client_of, judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, find_service_target, identity_of
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster

from .build import ARENA, GATEWAY, POLICY, Manifest, account, allow, cluster, ref, route, server
from .worlds import WORLDS, World, manifests

NODE = "10.244.0.1"
"""The address of the server's node, which no NetworkPolicy keeps away (N2)."""
CLIENTS = ("pinger", "rogue", "stranger", "203.0.113.7", NODE)
PORTS = (8080, 8080, 8080, 9090, 4191)
PATHS = ("/", "/a", "/a/", "/ab", "/a/b", "/b", "/aab", "/live", "/ready", "/a.B/c", "/a.X/d", "/a.B/")
QUERIES = ("", "", "?q=1", "?q=2&q=1", "?other=1")
HEADERS: tuple[dict[str, str], ...] = ({}, {}, {"x": "1"}, {"x": "7"}, {"x": "no\n1"})
HOSTS = ("ponger.arena", "a.example", "b.example", "A.Example:8080", "example")
SAMPLE = 60
"""Calls that are asked of each pair."""
State = Sequence[Manifest]


def _edited(world: World, field: str, other: World, place: int) -> World:
    """Return a world in which one thing is another."""
    mine, theirs = getattr(world, field), getattr(other, field)
    if isinstance(mine, tuple) and mine and theirs and place % 2:
        at = place // 2 % len(mine)
        own = {key: getattr(mine[at], key) for key in ("name", "group", "kind") if hasattr(mine[at], key)}
        kept = replace(theirs[0], **own)
        theirs = (*mine[:at], kept, *mine[at + 1 :])
    return replace(world, **{field: theirs})


WORLD_PAIRS = st.tuples(
    WORLDS, st.sampled_from([field.name for field in fields(World)]), WORLDS, st.integers(0, 7)
).map(lambda made: (manifests(made[0]), manifests(_edited(*made))))
MATCHES = st.fixed_dictionaries(
    {},
    optional={
        "path": st.sampled_from(
            [
                *({"type": "Exact", "value": value} for value in ("/", "/a", "/ab", "/a/b", "/a/")),
                *({"type": "PathPrefix", "value": value} for value in ("/", "/a", "/a/", "/a/b")),
                *({"type": "RegularExpression", "value": value} for value in ("/a.*", "/(a|ab)", "/[ab]+", "/a+?b?")),
            ]
        ),
        "method": st.sampled_from(("GET", "POST")),
        "headers": st.sampled_from(
            [[{"name": "x", "value": "1"}], [{"name": "X", "value": "[0-9]", "type": "RegularExpression"}]]
        ),
        "queryParams": st.just([{"name": "q", "value": "1"}]),
    },
)
REDIRECTS = st.sampled_from(
    (
        {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/a"}},
        {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/a"}},
        {"hostname": "a.example"},
        {"statusCode": 301, "port": 8080},
    )
)
ROUTES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "group": st.sampled_from((POLICY, GATEWAY)),
        "created": st.sampled_from(("", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")),
        "matches": st.lists(MATCHES, min_size=1, max_size=2),
        "hostnames": st.sampled_from(([], [], ["a.example"], ["*.example"], ["*.example", "b.example"])),
        "redirect": st.one_of(st.none(), st.none(), st.none(), REDIRECTS),
        "grants": st.sampled_from(((), ("pinger",), ("rogue",), ("pinger", "rogue"))),
    }
)


def route_set(routes: Sequence[dict[str, Any]], everywhere: Sequence[str]) -> list[Manifest]:
    """Return one Server with some routes, and policies for them and for all of it."""
    found: list[Manifest] = [*ARENA, server(proxyProtocol="HTTP/1")]
    for number, one in enumerate(routes):
        rule: dict[str, Any] = (
            {"filters": [{"type": "RequestRedirect", "requestRedirect": one["redirect"]}]} if one["redirect"] else {}
        )
        made = route(*one["matches"], name=f"r{number}", group=one["group"], created=one["created"], **rule)
        made["spec"] |= {"hostnames": one["hostnames"]} if one["hostnames"] else {}
        found.append(made)
        for who in one["grants"]:
            on = ref("HTTPRoute", f"r{number}", group=one["group"])
            found.append(allow(account(who), on=on, name=f"p{number}-{who}"))
    return [*found, *(allow(account(who), name=f"all-{who}") for who in everywhere)]


EVERYWHERE = st.sampled_from(((), (), ("pinger",), ("rogue",)))


@st.composite
def route_pairs(draw: st.DrawFn) -> tuple[State, State]:
    """Return one Server with one to four routes and two accounts, before and after one edit."""
    routes, everywhere = draw(st.lists(ROUTES, min_size=1, max_size=4)), draw(EVERYWHERE)
    at, key = draw(st.integers(0, len(routes) - 1)), draw(st.sampled_from((*sorted(routes[0]), "gone", "all")))
    edited = [dict(one) for one in routes]
    if key == "gone":
        del edited[at]
    elif key != "all":
        edited[at][key] = draw(ROUTES)[key]
    return route_set(routes, everywhere), route_set(edited, draw(EVERYWHERE) if key == "all" else everywhere)


PAIRS: st.SearchStrategy[tuple[State, State]] = st.one_of(WORLD_PAIRS, route_pairs())
"""Manifests, and the same manifests after one edit."""


@dataclass(frozen=True)
class Fault:
    """A call of which a difference is silent, or tells what is not so."""

    kind: str
    text: str


@dataclass(slots=True)
class Count:
    """What was asked in all."""

    calls: int = 0
    flips: int = 0
    lines: int = 0
    unknown: int = 0
    seconds: float = 0


def faults(old: State, new: State, seed: int = 0, count: Count | None = None) -> Iterator[Fault]:
    """Yield what is wrong with the difference of two states, as far as calls chosen by the seed show it."""
    count = count or Count()
    before, after = cluster(*old), cluster(*new)
    started = perf_counter()
    needs = {(need.told,) for need in need_changes(before, after)}  # of which `judge` knows nothing
    found = [one for one in compare(before, after) if one.change.changes_requests and one.reasons not in needs]
    count.seconds += perf_counter() - started
    count.lines += len(found)
    for changed in found:
        count.unknown += changed.change is Change.UNKNOWN
        yield from _witness(before, after, changed)
    chance = Random(seed)  # noqa: S311 # no secret: calls to ask about
    for call, calls in calls_of(before, after, chance):
        verdicts = [judge(state, one, settled=True).verdict for state, one in zip((before, after), calls, strict=True)]
        told = {changed.change for changed in found if _inside(changed, call, calls)}
        if Verdict.PROTOCOL_ERROR in verdicts or Verdict.CLOSED in verdicts:
            told = {change for change in told if _taken(change, (before, after), calls)}
        if Verdict.UNKNOWN in verdicts:
            continue
        flip = None
        if (verdicts[0] is Verdict.ALLOW) != (verdicts[1] is Verdict.ALLOW):
            flip = Change.OPENED if verdicts[1] is Verdict.ALLOW else Change.CLOSED
        count.calls += 1
        count.flips += flip is not None
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


def calls_of(
    before: Cluster, after: Cluster, chance: Random, clients: Sequence[str] = CLIENTS
) -> Iterator[tuple[Asked, tuple[Call, ...]]]:
    """Yield calls of some clients chosen by chance, each as it is made in both states."""
    for _ in range(SAMPLE):
        client, port = chance.choice(clients), chance.choice(PORTS)
        traffic, direct = chance.choice(list(Traffic)), chance.random() < 0.5
        method = "POST" if traffic is Traffic.GRPC else chance.choice(("GET", "POST", "PUT"))
        path = chance.choice(PATHS) + chance.choice(QUERIES)
        request = Request(method, path, chance.choice(HEADERS), chance.choice(HOSTS))
        calls = tuple(_call(state, client, port, traffic, request, direct=direct) for state in (before, after))
        yield (client, port, traffic, request), calls


def _call(state: Cluster, client: str, port: int, traffic: Traffic, request: Request, *, direct: bool) -> Call:
    server = state.workload("arena", "ponger")
    assert server is not None
    target = None if direct else find_service_target(state, server, port)
    workload = state.workload("arena", client)
    address = None if workload else ip_address(client)
    return Call(server, port, workload, address, target, request, traffic, on_node=truth(client == NODE))


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
    outside = any(pods.example is None and pods.node is (name == NODE) for pods in region.pods)
    if region.pods and not (f"arena/{name}" in names or (call.client is None and outside)):
        return False
    identity = identity_of(cluster(), call.client) if call.client is not None and call.meshed else ""
    client = Client(call.peer, identity=identity)
    if not any(term.holds(client) for term in region.clients):
        return False
    way = "" if call.service_target is None else f"arena/ponger:{call.service_target.port.number}"
    return any(
        traffic in one.traffics and one.service in ("", way) and (one.requests is None or one.requests.holds(request))
        for one in region.asked
    )
