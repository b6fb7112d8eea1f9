"""Who is at both ends of a request, as far as a certificate or an address shows it."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from localmesh.observe.parties import Parties
from meshpolicy.core.ref import Ref

from ..build import pod
from .values import PONGER, entry

INGRESS = replace(
    pod("ingress-0", 9), name="ingress", workload=Ref("gateway.networking.k8s.io", "Gateway", "ingress", "ingress")
)
BARE = replace(pod("curl-0", 7), meshed=False, identity="")
PARTIES = Parties.of([pod("ponger-0", 2), pod("pinger-0", 5), INGRESS, BARE], IPv4Address("127.244.0.1"))
OTHER = "job.pingpong.serviceaccount.identity.linkerd.cluster.local"
UP = "127.244.0.2:8080"


def ends(where: str, **fields: object) -> tuple[str, str] | None:
    found = PARTIES.ends(entry(where, **fields))
    return (found[0].name, found[1].name) if found else None


@pytest.mark.parametrize(
    ("fields", "caller"),
    [
        ({}, "pinger-0"),
        ({"peer": "127.0.0.1"}, "pingpong/pinger"),
        ({"identity": OTHER}, "pingpong/job"),
        ({"identity": "spiffe://a/b"}, "spiffe://a/b"),
        ({"identity": PONGER}, "pingpong/ponger"),
        ({"identity": "", "peer": "127.0.0.1"}, "unmeshed"),
        ({"identity": "", "peer": "127.244.0.1"}, "kubelet"),
        ({"identity": "", "peer": "127.244.0.7"}, "curl-0"),
        # Anybody on this machine can come from the address of a meshed pod.
        ({"identity": "", "peer": "127.244.0.5"}, "unmeshed"),
    ],
)
def test_a_caller_is_who_its_certificate_says_and_only_an_unmeshed_pod_is_known_by_its_address(
    fields: dict[str, object], caller: str
) -> None:
    assert ends("ponger-0", **fields) == (caller, "ponger-0")


def test_who_comes_to_the_ingress_is_outside() -> None:
    assert ends("ingress", direction="outbound", identity="", peer="127.0.0.1", upstream=UP) == ("outside", "ingress")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"upstream": UP}, None),
        ({"upstream": "/s/pods/pinger-0/app/http.sock"}, None),
        ({"upstream": "127.244.0.7:80"}, ("pinger-0", "curl-0")),
        ({"upstream": "", "flags": "UH", "authority": "ponger"}, ("pinger-0", "ponger")),
        ({"upstream": UP, "flags": "UF", "authority": "ponger"}, ("pinger-0", "ponger-0")),
    ],
)
def test_a_request_is_told_of_once(fields: dict[str, object], expected: tuple[str, str] | None) -> None:
    assert ends("pinger-0", direction="outbound", identity="", peer="127.0.0.1", **fields) == expected


def test_a_pod_that_is_gone_is_not_told_of() -> None:
    assert ends("gone-0") is None
