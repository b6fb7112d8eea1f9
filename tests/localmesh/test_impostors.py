"""Whoever is not who it says: refused by real Envoys, beside the same call by the right one."""

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest

from localmesh.ask.sending import Observed, send, with_certificate
from localmesh.ask.targets import Target
from localmesh.identity.authority import Authority
from localmesh.pods.addresses import LOCALHOST
from localmesh.until import until
from meshidentity.certificates import Leaf, Validity

from .build import pod
from .commands import Commands

pytestmark = pytest.mark.envoy

PINGER = "pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"
PONGER = PINGER.replace("pinger", "ponger")
PONG = "http://ponger.pingpong.svc.cluster.local/ping"
HOUR = timedelta(hours=1)


def authority(mesh: Commands) -> Authority:
    return Authority.open(mesh.state / "authority", "cluster.local")


def ping(mesh: Commands, leaf: Leaf, identity: str = PONGER) -> Observed:
    """Call ponger directly with a certificate, expecting the server to prove `identity`."""
    ponger = next(iter(mesh.pods("ponger").values()))
    target = Target(pod(local=IPv4Address(ponger.address), identity=identity), 8080, "ponger", "/ping")
    way = with_certificate(target, LOCALHOST, leaf, authority(mesh).anchor.pem, mesh.folder)
    return asyncio.run(send(way, target, "GET", ()))


def issued(by: Authority, identity: str = PINGER) -> Leaf:
    return by.issuer.leaf(identity, Validity.lasting(HOUR))


def test_the_right_certificate_is_admitted(mesh: Commands) -> None:
    assert ping(mesh, issued(authority(mesh))).status == 200


@pytest.mark.parametrize("identity", [PONGER, PINGER.replace("pingpong", "other"), "pinger", f"x.{PINGER}"])
def test_another_identity_of_the_same_authority_is_forbidden(identity: str, mesh: Commands) -> None:
    assert ping(mesh, issued(authority(mesh), identity)).status == 403


def test_a_certificate_of_another_authority_is_refused_in_the_handshake(mesh: Commands) -> None:
    assert ping(mesh, issued(Authority.create("cluster.local"))).status is None


def test_an_expired_certificate_is_refused_in_the_handshake(mesh: Commands) -> None:
    # It cannot begin before its issuer does, which began with this mesh: so it ends soon, and that is waited for.
    leaf = authority(mesh).issuer.leaf(PINGER, Validity.lasting(timedelta(seconds=1)))
    # A certificate holds to the end of its last second.
    over = leaf.validity.end + timedelta(seconds=1)
    asyncio.run(until(lambda: datetime.now(UTC) >= over, within=5, what="it did not expire"))
    assert ping(mesh, leaf).status is None


def test_a_server_that_proves_another_name_is_not_spoken_to(mesh: Commands) -> None:
    found = ping(mesh, issued(authority(mesh)), identity=PINGER)
    assert found.status is None
