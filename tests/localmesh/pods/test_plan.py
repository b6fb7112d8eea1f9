"""From workloads to pods."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from localmesh.pods.plan import Group, groups, short
from localmesh.pods.pod import Pod
from localmesh.state import StateFolder
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload

from ..build import container, workload

ADDRESS = IPv4Address("127.244.7.2")


def planned(*workloads: Workload) -> tuple[Group, ...]:
    return groups(workloads, MeshSettings(), StateFolder(Path("/s")))


def made(what: Workload) -> Pod:
    (group,) = planned(what)
    return group.pod(group.free_name(()), ADDRESS)


def names(*workloads: Workload) -> list[str]:
    taken: list[str] = []
    for group in planned(*workloads):
        for _ in range(group.workload.replicas):
            taken.append(group.free_name(taken))
    return taken


@pytest.mark.parametrize(
    ("what", "found"),
    [
        (workload(replicas=2), ["ponger-0", "ponger-1"]),
        (workload(ref=Ref("", "Pod", "pingpong", "curl")), ["curl"]),
        (workload(ref=Ref("batch", "Job", "pingpong", "once")), []),
        (workload(ref=Ref("workload.linkerd.io", "ExternalWorkload", "pingpong", "vm")), []),
    ],
)
def test_pods_are_numbered_and_a_pod_by_name_is_not(what: Workload, found: list[str]) -> None:
    assert names(what) == found


@pytest.mark.parametrize(
    ("taken", "next_one"),
    [([], "ponger-0"), (["ponger-0", "ponger-1"], "ponger-2"), (["ponger-1"], "ponger-0"), (["other-0"], "ponger-0")],
)
def test_the_next_pod_has_the_first_free_number(taken: list[str], next_one: str) -> None:
    assert planned(workload())[0].free_name(taken) == next_one


def test_workloads_of_one_name_in_two_namespaces_are_told_apart() -> None:
    other = workload(ref=Ref("apps", "Deployment", "other", "ponger"))
    assert names(workload(), other) == ["pingpong.ponger-0", "other.ponger-0"]


def test_a_pod_has_the_identity_of_its_account_and_an_address_that_is_played_by_loopback() -> None:
    first = made(workload())
    assert first.identity == "ponger.pingpong.serviceaccount.identity.linkerd.cluster.local"
    assert (first.address, first.local) == (IPv4Address("10.244.7.2"), ADDRESS)
    assert first.folder == Path("/s/pods/ponger-0")


def test_an_unmeshed_pod_has_no_identity() -> None:
    assert made(workload(meshed=False)).identity == ""


def test_init_containers_are_not_run() -> None:
    setup = container("setup", init=True)
    assert [c.name for c in made(workload(containers=(setup, container("app")))).containers] == ["app"]


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (workload(), True),
        (workload(replicas=5), True),
        (workload(labels={"app": "other"}), False),
        (workload(service_account="other"), False),
        (workload(meshed=False), False),
        (workload(grace=1), False),
        (workload(containers=(container("app", args=("x",)),)), False),
    ],
)
def test_a_pod_is_replaced_when_what_it_is_made_from_changes(other: Workload, same: bool) -> None:
    assert (planned(workload())[0].template == planned(other)[0].template) is same


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
