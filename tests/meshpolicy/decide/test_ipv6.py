"""Who calls by IPv6 meets no proxy, unless the mesh handles it. R115, R123."""

import pytest

from meshpolicy.decide.transport import called_by_ipv6
from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, Manifest, ask, cluster, pod, server, service
from .sidecars import DENY, PORTS, cat, outcome, space


def test_ipv6_packets_meet_no_proxy_unless_the_mesh_says_so() -> None:
    """R115: disableIPv6 is the chart's default; of an unknown address nothing is taken for IPv6."""
    assert outcome(cat(), "fd00::7") == "allow"
    assert outcome(cat(), "fd00::7", settings=MeshSettings("deny", ipv6=True)) == "403"
    assert outcome(cat(), "unmeshed") == "403"


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ({}, "403"),
        ({"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}, "403"),
        ({"clusterIP": "10.96.0.9"}, "403"),
        ({"ipFamilies": ["IPv6"]}, "allow"),
        ({"clusterIP": "fd00::9"}, "allow"),
        ({"ipFamilies": ["IPv6", "IPv4"]}, "unknown"),
        ({"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9", "fd00::9"]}, "unknown"),
        ({"ipFamilyPolicy": "RequireDualStack"}, "unknown"),
        ({"ipFamilyPolicy": "PreferDualStack"}, "unknown"),
    ],
)
@pytest.mark.parametrize("client", ["pinger", "unmeshed"])
def test_who_calls_a_service_by_ipv6_meets_no_proxy(family: Manifest, expected: str, client: str) -> None:
    """R115: neither its own nor the server's, whatever the policies say; a mesh that handles IPv6 has both."""
    pinger = pod("pinger", "", meshed=True)
    called = service("cat")
    called["spec"] |= family
    closed = server("cat", 8080, app="cat", proxyProtocol="HTTP/1")
    own = pod("cat", "", ports=PORTS)
    for settings, told in ((DENY, expected), (MeshSettings("deny", ipv6=True), "403")):
        found = cluster(space({}), pinger, own, called, closed, settings=settings)
        assert ask(found, client, "cat:8080/").outcome == told


@pytest.mark.parametrize("address", ["", "10.244.0.9", "fd00::9"])
@pytest.mark.parametrize(
    "family", [{}, {"ipFamilies": ["IPv6"]}, {"ipFamilies": ["IPv4", "IPv6"]}, {"ipFamilyPolicy": "RequireDualStack"}]
)
@pytest.mark.parametrize("client", ["pinger", "unmeshed"])
def test_a_headless_service_stands_for_its_pods_ipv6_addresses(family: Manifest, address: str, client: str) -> None:
    """R115, R123: on every port, be it the Service's or not; an answer is certain where all the addresses are known."""
    called = service("cat", {9999: 9999})
    called["spec"] |= {"clusterIP": "None", **family}
    closed = server("cat", 8080, app="cat", proxyProtocol="HTTP/1")
    own = pod("cat", address, ports=PORTS)
    found = cluster(space({}), pod("pinger", "", meshed=True), own, called, closed, settings=DENY)
    may_be_six = bool(family) and address != "10.244.0.9"
    answer = "allow" if ":" in address else "unknown" if may_be_six else "403"
    assert ask(found, client, "cat:8080/").outcome == answer
    workload = found.workload("arena", "cat")
    assert workload is not None
    assert bool(called_by_ipv6(found, workload, 8080)) is may_be_six
    handled = cluster(space({}), pod("pinger", ""), own, called, closed, settings=MeshSettings("deny", ipv6=True))
    assert ask(handled, client, "cat:8080/").outcome == "403"


def test_pods_without_an_ipv6_address_are_called_by_ipv4() -> None:
    """R115: what a Service would have on a dual-stack cluster, its pods' addresses say it has not."""
    called = service("cat")
    called["spec"] |= {"ipFamilyPolicy": "PreferDualStack"}
    closed = server("cat", 8080, app="cat", proxyProtocol="HTTP/1")
    found = cluster(*ARENA, cat(), called, closed, settings=DENY)
    assert ask(found, "pinger", "cat:8080/").outcome == "403"
