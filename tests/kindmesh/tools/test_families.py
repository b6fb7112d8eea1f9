"""A cluster that gives pods IPv6 addresses is refused, since Linkerd sets no routes for them here."""

from pathlib import Path

import pytest

from kindmesh.errors import BadInput
from kindmesh.steps.step import run_steps, select_steps
from kindmesh.steps.up import STEPS
from kindmesh.tools.families import ipv6_addresses
from kindmesh.tools.kube import Object

from ..standins import items, site, tools


def node(*ranges: str) -> Object:
    """Return a node with ranges for its pods."""
    return {"metadata": {"name": "one"}, "spec": {"podCIDRs": list(ranges)}}


def pod(*addresses: str, host: bool = False) -> Object:
    """Return a pod with addresses."""
    metadata = {"namespace": "kube-system", "name": "coredns"}
    spec, status = {"hostNetwork": host}, {"podIPs": [{"ip": address} for address in addresses]}
    return {"metadata": metadata, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("nodes", "pods", "told"),
    [
        ([node("10.244.0.0/24", "fd00:10:244::/64")], [], "fd00:10:244::/64"),
        ([node()], [pod("10.0.0.1", "fd00::7")], "kube-system/coredns has fd00::7"),
        ([node("fd00::/64")], [pod("fd00::7")], "fd00::/64"),
    ],
    ids=["dual stack by its nodes", "dual stack by its pods", "IPv6 alone"],
)
def test_a_cluster_with_ipv6_for_pods_is_refused(
    nodes: list[Object], pods: list[Object], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, {"get nodes": items(*nodes), "get&pods": items(*pods), "": ""})
    plain = site(KINDMESH_CONTEXT="some")
    with pytest.raises(BadInput, match="this cluster gives pods IPv6 addresses") as caught:
        run_steps(select_steps(STEPS, plain.settings, ["cluster"]), plain)
    assert told in str(caught.value)
    assert "IPv4 addresses alone" in caught.value.hint


def test_a_cluster_with_ipv4_alone_is_taken_and_what_is_of_the_node_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods = items(pod("10.244.0.2"), pod("172.18.0.2", "fc00::2", host=True))
    tools(tmp_path, monkeypatch, {"get nodes": items(node("10.244.0.0/24")), "get&pods": pods, "": ""})
    plain = site(KINDMESH_CONTEXT="some")
    (done,) = run_steps(select_steps(STEPS, plain.settings, ["cluster"]), plain)
    assert done.changes == 0


def test_a_pod_without_an_address_yet_has_none() -> None:
    starting: Object = {"metadata": {"namespace": "a", "name": "b"}, "spec": {}, "status": {}}
    assert ipv6_addresses([starting]) == {}
