"""What the API server refuses in Services: addresses and fields that do not fit their type, ports given twice."""

from typing import Any

import pytest

from meshpolicy.manifests.parse import parse_documents

from ..build import Manifest, documents


def service(*ports: Manifest, **spec: Any) -> Manifest:
    """Return a Service."""
    metadata = {"name": "a", "namespace": "ns"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": list(ports), **spec}}


def external(**spec: Any) -> Manifest:
    """Return a Service that is a name for another one."""
    return service(type="ExternalName", **{"externalName": "example.org", **spec})


PORT = "spec.ports"
HTTP = {"port": 80, "name": "http"}
NODE = {"port": 80, "name": "a", "nodePort": 30080}
OTHER_NODE = {**NODE, "port": 81, "name": "b"}


@pytest.mark.parametrize(
    ("manifest", "refused", "tolerated"),
    [
        (service(HTTP, clusterIP="10.96.0.7"), [], []),
        (service(HTTP, clusterIP="fd00::7"), [], []),
        (service(HTTP, clusterIP="010.096.0.007"), [], []),
        (service(HTTP, clusterIP=""), [], []),
        (service(HTTP, clusterIP="None"), [], []),
        (service(HTTP, clusterIP="None", clusterIPs=["None"]), [], []),
        (service(HTTP, clusterIP="10.96.0.7", clusterIPs=["10.96.0.7", "fd00::7"]), [], []),
        (service(HTTP, clusterIP="none"), ["spec.clusterIP"], []),
        (service(HTTP, clusterIP="10.96.0"), ["spec.clusterIP"], []),
        (service(HTTP, clusterIP="10.0.0.300", ipFamilies=["IPv6"]), ["spec.clusterIP"], []),
        (service({"port": 80, "name": "A"}, {"port": 81, "name": "A"}), [f"{PORT}[0].name", f"{PORT}[1].name"], []),
        (service(HTTP, clusterIP="10.96.0.7", clusterIPs=["10.96.0.8"]), ["spec.clusterIPs"], []),
        (service(HTTP, clusterIPs=["None"]), ["spec.clusterIPs"], []),
        (service(HTTP, clusterIP="None", clusterIPs=["None", "10.96.0.7"]), ["spec.clusterIPs"], []),
        (service(HTTP, clusterIP="10.96.0.7", clusterIPs=["10.96.0.7", "10.96.0.8"]), ["spec.clusterIPs"], []),
        (service(HTTP, clusterIP="10.96.0.7", clusterIPs=["10.96.0.7", "x"]), ["spec.clusterIPs[1]"], []),
        (service(HTTP, type="LoadBalancer", clusterIP="None"), ["spec.clusterIP"], []),
        (service(HTTP, type="NodePort", clusterIP="None"), ["spec.clusterIP"], []),
        (service(NODE, type="NodePort"), [], []),
        (service(NODE), [], ["spec.ports[0].nodePort"]),
        (service({"port": 80, "nodePort": 0}), [], []),
        (service(HTTP, {"port": 80, "name": "other"}), ["spec.ports[1].port"], []),
        (service(HTTP, {"port": 80, "name": "other", "protocol": "UDP"}), [], []),
        (
            service({**NODE, "name": "a"}, {**NODE, "name": "b", "port": 81}, type="NodePort"),
            ["spec.ports[1].nodePort"],
            [],
        ),
        (service(HTTP, allocateLoadBalancerNodePorts=False), [], ["spec.allocateLoadBalancerNodePorts"]),
        (service(HTTP, type="LoadBalancer", allocateLoadBalancerNodePorts=False), [], []),
        (service(HTTP, loadBalancerSourceRanges=["10.0.0.0/8"]), [], ["spec.loadBalancerSourceRanges"]),
        (service(HTTP, type="LoadBalancer", loadBalancerClass="example.org/a"), [], []),
        (service(HTTP, type="LoadBalancer", loadBalancerClass=""), ["spec.loadBalancerClass"], []),
        (service(HTTP, loadBalancerSourceRanges=[]), [], []),
        (service(HTTP, sessionAffinity="Client"), ["spec.sessionAffinity"], []),
        (service(HTTP, ipFamilies=["IPv4"]), [], []),
        (service(HTTP, ipFamilies=["ipv4"]), ["spec.ipFamilies[0]"], []),
        (service(HTTP, ipFamilies=["IPv6", "IPv6"]), ["spec.ipFamilies[1]"], []),
        (service(HTTP, ipFamilies=["IPv6"], clusterIP="10.96.0.9"), ["spec.ipFamilies"], []),
        (service(HTTP, ipFamilies=["IPv4", "IPv6"], ipFamilyPolicy="SingleStack"), ["spec.ipFamilyPolicy"], []),
        (service(HTTP, trafficDistribution=""), ["spec.trafficDistribution"], []),
        (service(HTTP, trafficDistribution="PreferClose"), [], []),
        (service(HTTP, internalTrafficPolicy="local"), ["spec.internalTrafficPolicy"], []),
        (service(HTTP, externalIPs=["192.0.2.1"]), [], []),
        (service(HTTP, externalIPs=["239.1.1.1", "224.0.1.0", "ff05::1"]), [], []),
        (service(HTTP, externalIPs=["127.0.0.1"]), ["spec.externalIPs[0]"], []),
        (service(HTTP, externalIPs=["224.0.0.9", "ff12::1"]), ["spec.externalIPs[0]", "spec.externalIPs[1]"], []),
        (service(HTTP, externalTrafficPolicy="Local"), [], ["spec.externalTrafficPolicy"]),
        (service(HTTP, type="NodePort", externalTrafficPolicy="Local"), [], []),
        (service(HTTP, type="NodePort", healthCheckNodePort=30000), [], ["spec.healthCheckNodePort"]),
        (
            service(HTTP, type="LoadBalancer", loadBalancerSourceRanges=["10.9.8.7", "10.9.8.7/24", " 10.0.0.0/8 "]),
            ["spec.loadBalancerSourceRanges[0]", "spec.loadBalancerSourceRanges[1]"],
            [],
        ),
        (service(HTTP, type="LoadBalancer", loadBalancerSourceRanges=["a"]), ["spec.loadBalancerSourceRanges[0]"], []),
        (
            service(HTTP, sessionAffinity="ClientIP", sessionAffinityConfig={"clientIP": {"timeoutSeconds": 0}}),
            ["spec.sessionAffinityConfig.clientIP.timeoutSeconds"],
            [],
        ),
        (external(), [], []),
        (external(externalName="example.org."), [], []),
        (external(clusterIP=""), [], []),
        (external(externalName=""), ["spec.externalName"], []),
        (external(externalName="a_b"), ["spec.externalName"], []),
        (external(clusterIP="None"), ["spec.clusterIP"], []),
        (external(ipFamilyPolicy="SingleStack"), ["spec.ipFamilyPolicy"], []),
    ],
)
def test_what_does_not_fit_the_type_of_a_service_is_refused(
    manifest: Manifest, refused: list[str], tolerated: list[str]
) -> None:
    found = parse_documents(documents(manifest))
    assert [problem.place.field for problem in found.deciding] == refused
    assert [problem.place.field for problem in found.refused if problem not in found.deciding] == tolerated
