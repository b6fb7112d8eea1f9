"""NetworkPolicies where labels or addresses are not known: sure where all completions agree. Rules N1, N5, R117."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.labels import ANY, Labels
from meshpolicy.core.ref import Ref
from meshpolicy.core.selector import Selector
from meshpolicy.core.truth import Truth
from meshpolicy.index.networkpolicies import Endpoint, NetworkPolicies
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy, NetworkRule, Peer
from meshpolicy.kinds.workload import Workload

from ..build import ARENA, Manifest, ask, cluster, labels, network_policy

VALUES = ("1", "2", "9")
"""The last one is named by no selector."""
selectors = st.sampled_from([Selector(), Selector((("a", "1"),)), Selector((("a", "2"),))])
peers = st.builds(Peer, st.none() | selectors, st.none() | selectors)
policies = st.builds(
    NetworkPolicy,
    st.builds(
        Ref, st.just("networking.k8s.io"), st.just("NetworkPolicy"), st.just("arena"), st.text("abc", min_size=1)
    ),
    selectors,
    st.just((Direction.INGRESS,)),
    st.lists(st.builds(NetworkRule, st.lists(peers, max_size=2).map(tuple)), max_size=2).map(tuple),
)
partial = st.sampled_from(
    [
        Labels({"a": "1"}),
        Labels({"a": "9"}),
        Labels(present={"a": None}),
        Labels(present={"a": frozenset({"1", "2"})}),
        Labels(perhaps=frozenset({"a"})),
        ANY,
    ]
)


def completions(found: Labels) -> Iterator[Labels]:
    """Yield all that labels may be in full, as far as the label `a` goes."""
    if "a" in found.known:
        yield found
        return
    if "a" in found.present:
        yield from (Labels({"a": value}) for value in found.present["a"] or VALUES)
        return
    yield from (Labels(), *(Labels({"a": value}) for value in VALUES))


def workload(name: str, found: Labels, namespace: str = "arena") -> Workload:
    """Return a workload with these labels."""
    return Workload(Ref("", "Pod", namespace, name), found, meshed=True)


@settings(max_examples=100)
@given(st.lists(policies, max_size=3), partial, partial, partial)
def test_a_sure_answer_holds_for_all_that_the_labels_may_be(
    found: list[NetworkPolicy], server: Labels, client: Labels, space: Labels
) -> None:
    """Of the server, of the client, and of the client's namespace."""

    def filtered(server: Labels, client: Labels, space: Labels) -> Truth:
        policies = NetworkPolicies(found, {"arena": Labels({"a": "1"}), "club": space})
        own, peer = workload("own", server), workload("peer", client, "club")
        return policies.filter(Direction.INGRESS, Endpoint(own), Endpoint(peer), 80).truth

    whole = {filtered(*chosen) for chosen in product(*map(completions, (server, client, space)))}
    answer = filtered(server, client, space)
    assert Truth.UNKNOWN not in whole
    assert answer is Truth.UNKNOWN or whole == {answer}


def test_a_stranger_may_be_a_pod_with_any_labels() -> None:
    """N5: `unmeshed` says nothing of labels; an address outside of the cluster's networks is no pod's."""
    by_label: Manifest = {"from": [{"podSelector": labels(app="cli")}]}
    found = cluster(*ARENA, network_policy(policyTypes=["Ingress"], ingress=[by_label]))
    assert ask(found, "unmeshed").outcome == "unknown"
    assert ask(found, "10.9.8.7").outcome == "unknown"
    assert ask(found, "203.0.113.9", node="10.0.0.1").outcome == "blocked"
    closed = cluster(*ARENA, network_policy(policyTypes=["Ingress"]))
    assert ask(closed, "unmeshed").outcome == "blocked"
    opened = cluster(*ARENA, network_policy(policyTypes=["Ingress"], ingress=[{}]))
    assert ask(opened, "unmeshed").outcome == "allow"


def test_an_endpoint_whose_address_is_not_known_may_lie_in_a_block() -> None:
    """N5."""
    block: Manifest = {"from": [{"ipBlock": {"cidr": "10.244.0.0/16"}}]}
    found = cluster(*ARENA, network_policy(policyTypes=["Ingress"], ingress=[block]))
    assert ask(found, "unmeshed").outcome == "unknown"
    assert ask(found, "10.244.9.9").outcome == "allow"
    assert ask(found, "10.245.0.1", node="10.0.0.1").outcome == "blocked"
    nowhere = replace(workload("x", Labels()), addresses=())
    policies = NetworkPolicies(found.network_policies, {})
    ponger = found.workload("arena", "ponger")
    assert policies.filter(Direction.INGRESS, Endpoint(ponger), Endpoint(nowhere), 80).truth is Truth.UNKNOWN
