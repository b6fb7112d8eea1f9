"""What a change does at the proxies of clients is told where it may do something, and nowhere else. R135."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from meshpolicy.analysis.client_changes import client_changes
from meshpolicy.analysis.port import Port

from ..build import ARENA, Manifest, cluster, service

NO_TIME = {"timeout.linkerd.io/request": "0s"}
OPAQUE = {"config.linkerd.io/opaque-ports": "81"}


def told(before: Sequence[Manifest], after: Sequence[Manifest]) -> list[str]:
    """Return what is told of a port of ponger."""
    ports = []
    for more in (before, after):
        found = cluster(*ARENA, *more)
        server = found.workload("arena", "ponger")
        assert server is not None
        ports.append(Port(found, server, 8080))
    return list(client_changes(*ports))


def more(**annotations: str) -> Manifest:
    """Return a second Service of ponger."""
    return service("more", {81: "http"}, annotations, app="ponger")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], [more()]),
        ([more()], []),
        ([more()], [more(**OPAQUE)]),
        ([more(**NO_TIME)], [more(**NO_TIME)]),
    ],
)
def test_a_service_to_which_nothing_is_attached_changes_nothing_there(
    before: list[Manifest], after: list[Manifest]
) -> None:
    assert told(before, after) == []


@pytest.mark.parametrize(("before", "after"), [([], [more(**NO_TIME)]), ([more()], [more(**NO_TIME)])])
def test_a_service_that_leaves_no_time_is_told_whichever_state_has_it(
    before: list[Manifest], after: list[Manifest]
) -> None:
    says = "Service arena/more: proxies of clients may do something else with calls through Service arena/more:81"
    assert told(before, after) == told(after, before) == [says]


def test_a_traffic_split_is_told_where_its_service_has_it() -> None:
    """R121: where linkerd-smi runs, calls of the Service go elsewhere."""
    spec = {"service": "more", "backends": []}
    metadata = {"name": "split", "namespace": "arena"}
    split = {"apiVersion": "split.smi-spec.io/v1alpha2", "kind": "TrafficSplit", "metadata": metadata, "spec": spec}
    assert all("TrafficSplit arena/split" in told(*states)[0] for states in permutations(([more()], [more(), split])))
    assert told([more(), split], [more(), split]) == []
