"""What a server's sidecar says when its app is gone: for the caller's sidecar alone, and never taken from an app."""

import json
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from localmesh.envoy import Json, inbound, inboundhttp, outbound
from localmesh.envoy.authorization import Peers
from localmesh.envoy.connection import BROKEN, SIGNS, UNREACHED, Codec
from localmesh.envoy.inbound import InboundPort
from localmesh.envoy.ingress import IngressListener, ingress
from localmesh.envoy.kinds import Kind
from meshpolicy.core.policy import PortPolicy, Protocol
from meshpolicy.core.ref import Ref

from ..build import pod

POLICY = PortPolicy(Ref("apps", "Deployment", "web", "server"), 8080, Ref("", "", "", "deny"), Protocol.HTTP1)


def virtual_hosts() -> dict[str, list[Json]]:
    """Return what each kind of listener does with answers."""
    manager = outbound.listener(pod(), "secret").content["filter_chains"][0]["filters"][0]["typed_config"]
    port = InboundPort(8080, Path("/nowhere"), POLICY)
    listener = IngressListener("web", IPv4Address("127.0.0.1"), 8080, ())
    entry = [one for one in ingress(pod(), [listener]) if one.kind is Kind.ROUTES]
    return {
        "outbound": manager["route_config"]["virtual_hosts"],
        "inbound": [host for one in inbound.routes(port, {}) for host in one.content["virtual_hosts"]],
        "ingress": [host for one in entry for host in one.content["virtual_hosts"]],
    }


@pytest.mark.parametrize("kind", ["outbound", "inbound", "ingress"])
def test_no_sign_goes_further_than_to_the_callers_sidecar(kind: str) -> None:
    hosts = virtual_hosts()[kind]
    assert hosts
    assert all(host["response_headers_to_remove"] == SIGNS for host in hosts)


def test_a_sign_is_heeded_for_safe_methods_alone() -> None:
    safe, other = outbound.forwards({"prefix": ""}, {"cluster": "some"})

    def signs(route: Json) -> list[str]:
        policy = route["route"]["retry_policy"]
        named = [header["name"] for header in policy["retriable_headers"]]
        return named if "retriable-headers" in policy["retry_on"] else []

    assert signs(safe) == [UNREACHED, BROKEN]
    assert "GET" in json.dumps(safe["match"])
    assert signs(other) == []
    assert "reset" not in other["route"]["retry_policy"]["retry_on"].split(",")


@pytest.mark.parametrize("terminated", [True, False])
def test_only_clients_of_the_mesh_are_told_that_an_app_is_gone(terminated: bool) -> None:
    chain = inboundhttp.requests(pod(), 8080, Peers(terminated, {}), Codec.HTTP1, None)
    assert [sign in json.dumps(chain) for sign in SIGNS] == [terminated] * 2
