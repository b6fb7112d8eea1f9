"""From workloads to pods."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from localmesh.pods.network import NodeNetwork
from localmesh.pods.plan import Group, groups, short
from localmesh.state import StateFolder
from meshpolicy.core.policy import Ref
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload

from ..build import container, workload

NETWORK = NodeNetwork(IPv4Network("10.244.7.0/24"))


def planned(*workloads: Workload) -> tuple[Group, ...]:
    return groups(workloads, MeshSettings(), StateFolder(Path("/s")), NETWORK.pods())


def names(*workloads: Workload) -> list[str]:
    return [pod.name for group in planned(*workloads) for pod in group.places]


@pytest.mark.parametrize(
    ("what", "found"),
    [
        (workload(replicas=2), ["ponger-0", "ponger-1", "ponger-2"]),
        (workload(replicas=0), ["ponger-0"]),
        (workload(ref=Ref("", "Pod", "pingpong", "curl")), ["curl"]),
        (workload(ref=Ref("batch", "Job", "pingpong", "once")), []),
        (workload(ref=Ref("workload.linkerd.io", "ExternalWorkload", "pingpong", "vm")), []),
    ],
)
def test_a_workload_has_a_place_for_each_replica_and_one_for_its_successor(what: Workload, found: list[str]) -> None:
    assert names(what) == found


def test_workloads_of_one_name_in_two_namespaces_are_told_apart() -> None:
    other = workload(ref=Ref("apps", "Deployment", "other", "ponger"))
    assert names(workload(), other) == [
        "pingpong.ponger-0",
        "pingpong.ponger-1",
        "other.ponger-0",
        "other.ponger-1",
    ]


def test_a_pod_has_the_identity_of_its_account_and_an_address_that_is_played_by_loopback() -> None:
    ((first, _),) = (group.places for group in planned(workload()))
    assert first.identity == "ponger.pingpong.serviceaccount.identity.linkerd.cluster.local"
    assert (first.address, first.local) == (IPv4Address("10.244.7.2"), IPv4Address("127.244.7.2"))
    assert first.folder == Path("/s/pods/ponger-0")


def test_an_unmeshed_pod_has_no_identity() -> None:
    assert planned(workload(meshed=False))[0].places[0].identity == ""


def test_init_containers_are_not_run() -> None:
    setup = container("setup", init=True)
    (group,) = planned(workload(containers=(setup, container("app"))))
    assert [c.name for c in group.places[0].containers] == ["app"]


@pytest.mark.parametrize(("name", "found"), [("ponger-0", "ponger-0"), ("x" * 24, "x" * 24)])
def test_a_short_name_is_the_name_of_the_folder(name: str, found: str) -> None:
    assert short(name) == found


def test_long_names_get_short_folders_that_differ() -> None:
    one, two = short("a" * 40 + "-0"), short("a" * 40 + "-1")
    assert one != two
    assert len(one) == len(two) == 24


@pytest.mark.parametrize(
    ("name", "meant"), [("ponger", True), ("pingpong/ponger", True), ("other/ponger", False), ("pong", False)]
)
def test_a_workload_is_meant_by_its_name_with_or_without_namespace(name: str, meant: bool) -> None:
    assert planned(workload())[0].named(name) is meant
