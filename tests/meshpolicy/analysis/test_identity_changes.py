"""A workload that calls under another identity, or as another pod: the difference tells its calls that flip."""

from collections.abc import Callable
from copy import deepcopy
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.difference import compare
from meshpolicy.analysis.ports import BY_ADDRESS
from meshpolicy.core.client import Client
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import judge
from meshpolicy.decide.transport import Call, identity_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.changes import changes_as_text

from ..build import ARENA, Manifest, account, allow, cluster, exact, network, network_policy, pod, ref, route, server
from ..flips import PAIRS, Asked, State, calls_of

Edit = Callable[[Manifest], None]
States = tuple[Cluster, Cluster]
INJECTED = "linkerd.io/control-plane-ns"


def _loses_its_sidecar(client: Manifest) -> None:
    client["metadata"]["labels"].pop(INJECTED, None)


def _gets_a_sidecar(client: Manifest) -> None:
    client["metadata"]["labels"][INJECTED] = "linkerd"
    client["spec"]["containers"] += [{"name": "linkerd-proxy"}]


def _has_another_account(client: Manifest) -> None:
    client["spec"]["serviceAccountName"] = "rogue"


def _passes_its_sidecar_to_the_service(client: Manifest) -> None:
    client["metadata"]["annotations"]["config.linkerd.io/skip-outbound-ports"] = "80"


def _passes_its_sidecar_to_the_pod(client: Manifest) -> None:
    client["metadata"]["annotations"]["config.linkerd.io/skip-outbound-ports"] = "8080"


def _has_other_labels(client: Manifest) -> None:
    client["metadata"]["labels"]["app"] = "renamed"


def _gets_another_address(client: Manifest) -> None:
    client["status"]["podIP"] = "10.244.0.12"


def _leaves_the_pod_network(client: Manifest) -> None:
    client["status"]["podIP"] = "203.0.113.7"


EDITS: tuple[Edit, ...] = (
    _gets_another_address,
    _leaves_the_pod_network,
    _has_other_labels,
    _loses_its_sidecar,
    _gets_a_sidecar,
    _has_another_account,
    _passes_its_sidecar_to_the_service,
    _passes_its_sidecar_to_the_pod,
)


def _edited(state: State, name: str, edit: Edit) -> State:
    found = deepcopy(list(state))
    for manifest in found:
        if (manifest["kind"], manifest["metadata"]["name"]) == ("Pod", name):
            edit(manifest)
    return found


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(PAIRS, st.sampled_from(("pinger", "stranger")), st.sampled_from(EDITS), st.integers(0, 2**32))
def test_the_difference_tells_the_calls_of_a_client_that_flip(
    pair: tuple[State, State], name: str, edit: Edit, seed: int
) -> None:
    before, after = cluster(*pair[0]), cluster(*_edited(pair[1], name, edit))
    found = [changed for changed in compare(before, after) if changed.change.changes_requests]
    for asked, calls in calls_of(before, after, Random(seed), (name,)):  # noqa: S311 # no secret: calls to ask about
        verdicts = [judge(state, one, settled=True).verdict for state, one in zip((before, after), calls, strict=True)]
        if Verdict.UNKNOWN in verdicts:
            continue
        flip = None
        if (verdicts[0] is Verdict.ALLOW) != (verdicts[1] is Verdict.ALLOW):
            flip = Change.OPENED if verdicts[1] is Verdict.ALLOW else Change.CLOSED
        own = {one.change for one in found if one.caller is not None and _means(one, asked, calls, (before, after))}
        told = own | _of_both(found, asked, calls, (before, after))
        assert flip is None or flip in told, (asked, verdicts)
        taken = not {Verdict.PROTOCOL_ERROR, Verdict.CLOSED}.intersection(verdicts)
        assert not taken or own <= {flip}, (asked, verdicts, own)


def _of_both(found: list[Changed], asked: Asked, calls: tuple[Call, ...], states: States) -> set[Change]:
    """Return what becomes of a call under both the client's identities."""
    some = [one for one in found if one.caller is None]
    under = [
        {one.change for one in some if _means(one, asked, calls, states, under=_identity(state, call))}
        for state, call in zip(states, calls, strict=True)
    ]
    return under[0] & under[1]


def _identity(state: Cluster, call: Call) -> str:
    return identity_of(state, call.client) if call.client is not None and call.meshed else ""


def _means(changed: Changed, asked: Asked, calls: tuple[Call, ...], states: States, under: str | None = None) -> bool:
    """Whether a line holds a call, made under the identity that the line says or under another one."""
    region, (name, port, traffic, request) = changed.region, asked
    assert region is not None
    at = 0 if changed.change is Change.CLOSED else 1
    call = calls[at]
    if changed.server.name != "ponger" or changed.port != port:
        return False
    if changed.caller is not None and changed.caller.workload.name != name:
        return False
    identity = _identity(states[at], call) if under is None else under
    if not any(term.holds(Client(call.peer, identity=identity)) for term in region.clients):
        return False
    way = "" if call.service_target is None else f"arena/ponger:{call.service_target.port.number}"
    return any(
        traffic in one.traffics
        and one.service in ("", way or BY_ADDRESS)
        and (one.requests is None or one.requests.holds(request))
        for one in region.asked
    )


GUARDED = (*ARENA, server(), route(exact("/ping")), allow(account("pinger"), on=ref("HTTPRoute", "route")))


@pytest.mark.parametrize(
    ("edit", "line"),
    [
        (
            _loses_its_sidecar,
            "  - Pod arena/pinger (was arena/pinger, now unmeshed) -> arena/ponger:8080  any method /ping",
        ),
        (
            _has_another_account,
            "  - Pod arena/pinger (was arena/pinger, now arena/rogue) -> arena/ponger:8080  any method /ping",
        ),
        (
            _passes_its_sidecar_to_the_pod,
            "  - Pod arena/pinger (was arena/pinger, now unmeshed) -> arena/ponger:8080  any method /ping"
            " to the pod's address",
        ),
        (
            _passes_its_sidecar_to_the_service,
            "  - Pod arena/pinger (was arena/pinger, now unmeshed) -> arena/ponger:8080  any method /ping"
            " through the Service arena/ponger:80",
        ),
    ],
)
def test_a_client_that_loses_its_identity_is_a_line(edit: Edit, line: str) -> None:
    old = cluster(*GUARDED)
    found = compare(old, cluster(*_edited(GUARDED, "pinger", edit)))
    own = [one for one in found if one.caller is not None]
    assert changes_as_text(own, old).splitlines() == ["closed: 1", line]
    assert [one.server.name for one in found if one.caller is None] in ([], ["pinger", "pinger"])  # its own admin port


def test_a_client_that_keeps_its_identity_is_none() -> None:
    def edit(client: Manifest) -> None:
        client["metadata"]["annotations"]["config.linkerd.io/skip-outbound-ports"] = "5432"

    old = cluster(*GUARDED)
    assert compare(old, cluster(*_edited(GUARDED, "pinger", edit))) == ()


def test_who_gets_an_identity_may_call() -> None:
    state = (*GUARDED, pod("late", "10.244.0.31", meshed=False))
    state[-1]["spec"]["serviceAccountName"] = "pinger"
    found = compare(cluster(*state), cluster(*_edited(state, "late", _gets_a_sidecar)))
    told = [(one.change, one.caller.workload.name) for one in found if one.caller is not None and one.port == 8080]
    assert told == [(Change.OPENED, "late")]


def test_what_a_network_policy_lets_in_counts() -> None:
    state = (*GUARDED, network_policy(ingress=[{"ports": [{"port": 8080}]}], policyTypes=["Ingress"]))
    found = compare(cluster(*state), cluster(*_edited(state, "pinger", _loses_its_sidecar)))
    assert {one.change for one in found if one.port == 8080} == set()


PINGER_ALONE = network_policy(
    ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "pinger"}}}]}], policyTypes=["Ingress"]
)
SHUT_IN = network_policy("renamed", policyTypes=["Egress"], egress=[])


@pytest.mark.parametrize(
    ("policies", "ports"),
    [((PINGER_ALONE,), {8080, 9090, 4191}), ((SHUT_IN,), {8080, 9090, 4191}), ((), set())],
    ids=["who may come in", "who may go out", "no NetworkPolicy"],
)
def test_a_client_with_other_labels_is_a_line_where_network_policies_go_by_them(
    policies: tuple[Manifest, ...], ports: set[int]
) -> None:
    """N1, N5: its identity stays the same, and no policy is another one."""
    state = (*GUARDED, *policies)
    old, new = cluster(*state), cluster(*_edited(state, "pinger", _has_other_labels))
    for before, after, change in ((old, new, Change.CLOSED), (new, old, Change.OPENED)):
        found = [one for one in compare(before, after) if one.server.name == "ponger"]
        assert {(one.change, one.port) for one in found} == {(change, port) for port in ports}
        lines = changes_as_text(found, after).splitlines()[1:]
        assert all("Pod arena/pinger (arena/pinger, with other labels)" in line for line in lines), lines


PODS_BUT_ONE = (
    *ARENA,
    server(),
    network({"cidr": "10.244.0.0/16", "except": ["10.244.0.12/32"]}),
    allow(ref("NetworkAuthentication", "net")),
)


def test_a_client_with_another_address_is_a_line_where_policies_go_by_addresses() -> None:
    """R36: nothing else about it is another."""
    old, new = cluster(*PODS_BUT_ONE), cluster(*_edited(PODS_BUT_ONE, "pinger", _gets_another_address))
    line = "Pod arena/pinger (arena/pinger, from another address) -> arena/ponger:8080  connections, every request"
    for before, after, head, sign in ((old, new, "closed: 1", "-"), (new, old, "opened: 1", "+")):
        told, own = changes_as_text(compare(before, after), after).splitlines()
        assert told == head
        assert own.startswith(f"  {sign} {line}")


def test_a_client_whose_address_is_not_known_any_more_may_get_in_or_not() -> None:
    new = cluster(*_edited(PODS_BUT_ONE, "pinger", lambda client: client.pop("status")))
    found = [one for one in compare(cluster(*PODS_BUT_ONE), new) if one.server.name == "ponger"]
    assert {(one.change, one.port) for one in found} == {(Change.UNKNOWN, 8080)}
    assert "from an address that is not known any more" in changes_as_text(found, new)


def test_a_client_with_another_address_of_the_same_networks_is_none() -> None:
    def edit(client: Manifest) -> None:
        client["status"]["podIP"] = "10.244.0.99"

    assert compare(cluster(*PODS_BUT_ONE), cluster(*_edited(PODS_BUT_ONE, "pinger", edit))) == ()
