"""Who reaches a port that no proxy guards: the NetworkPolicies say it, and say so by name."""

import pytest

from meshpolicy.analysis.access import accesses
from meshpolicy.analysis.words import access_words
from meshpolicy.kinds.settings import MeshSettings

from ..build import Manifest, cluster, labels, network_policy, pod

DATABASE = pod("ponger", "10.244.0.7", meshed=False, ports={"tcp": 5432})
IN: Manifest = {"policyTypes": ["Ingress"]}
PINGER = [{"podSelector": labels(app="pinger")}]


@pytest.mark.parametrize(
    ("rules", "client", "blocked"),
    [
        (None, "anyone", False),
        ([], "anyone", True),
        ([{"from": PINGER, "ports": [{"port": 80}]}], "anyone", True),
        ([{"from": PINGER, "ports": [{"port": 5432}]}], "anyone whom NetworkPolicy arena/policy-ponger admits", False),
        ([{"from": PINGER}], "anyone whom NetworkPolicy arena/policy-ponger admits", False),
        ([{"ports": [{"port": 5432}]}], "anyone", False),
        ([{"from": PINGER}, {}], "anyone", False),
    ],
)
def test_an_unmeshed_port_is_open_to_whom_the_network_lets_in(
    rules: list[Manifest] | None, client: str, blocked: bool
) -> None:
    """N1, N3, N6."""
    network_policies = [] if rules is None else [network_policy(**IN, ingress=rules)]
    (found,) = accesses(cluster(DATABASE, *network_policies))
    assert (access_words(found, MeshSettings())[2], bool(found.blocked)) == (client, blocked)
    assert found.unmeshed
