"""Who is believed: certificates of another authority, expired ones, and right names with wrong identities."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from cryptography import x509

from localmesh.envoy.endpoints import Endpoint
from localmesh.identity.authority import Authority
from meshidentity.certificates import MESH_USAGES, Leaf, Validity

from .realenvoy import LIFETIME
from .tlsends import REFUSALS, Impostor, ask
from .values import identity
from .world import PORTS, World, destination, url

pytestmark = pytest.mark.envoy

FRIEND = identity("friend")
REQUEST = b"GET /ping HTTP/1.1\r\nhost: server\r\n\r\n"
Make = Callable[[Authority, str], Leaf]


def good(authority: Authority, name: str) -> Leaf:
    return authority.issuer.leaf(name, Validity.lasting(LIFETIME))


def of_another_authority(_: Authority, name: str) -> Leaf:
    return good(Authority.create("cluster.local"), name)


def expired(authority: Authority, name: str) -> Leaf:
    return _starting(authority, name, timedelta(seconds=-10))


def from_tomorrow(authority: Authority, name: str) -> Leaf:
    return _starting(authority, name, timedelta(days=1))


def of_a_browser(authority: Authority, name: str) -> Leaf:
    return authority.issuer.server([name], [], Validity.lasting(LIFETIME))


def of_someone_else(authority: Authority, _: str) -> Leaf:
    return good(authority, identity("other"))


def _starting(authority: Authority, name: str, when: timedelta) -> Leaf:
    return authority.issuer.leaf(name, Validity.lasting(timedelta(seconds=5), datetime.now(UTC) + when))


def with_names(authority: Authority, *names: x509.GeneralName) -> Leaf:
    """Return what our own issuer never writes: it needs its key."""
    return authority.issuer._issue(names, MESH_USAGES, Validity.lasting(LIFETIME))  # noqa: SLF001


@pytest.mark.parametrize(
    ("names", "answer"),
    [
        ([x509.DNSName(FRIEND)], b"HTTP/1.1 200 "),
        ([x509.UniformResourceIdentifier(FRIEND)], b"HTTP/1.1 403 "),
        ([x509.UniformResourceIdentifier(f"spiffe://{FRIEND}")], b"HTTP/1.1 403 "),
        ([x509.DNSName(FRIEND), x509.DNSName(identity("other"))], b"HTTP/1.1 200 "),
        # Envoy looks at all DNS names of a certificate, Linkerd at the first: a difference that is documented.
        ([x509.DNSName(identity("other")), x509.DNSName(FRIEND)], b"HTTP/1.1 200 "),
    ],
)
def test_an_identity_is_a_dns_name_of_the_certificate(
    world: World, names: list[x509.GeneralName], answer: bytes
) -> None:
    leaf = with_names(world.authority, *names)
    found = ask(world.server.pod, PORTS["http"], REQUEST, leaf, world.authority.anchor.pem)
    assert found.startswith(answer)


@pytest.mark.parametrize("make", [of_another_authority, expired, from_tomorrow, of_a_browser])
@pytest.mark.parametrize("port", ["http", "unknown", "opaque"])
def test_a_handshake_is_refused_to_a_client_whose_certificate_is(world: World, port: str, make: Make) -> None:
    counter = f"listener.{world.server.pod.local}_{PORTS[port]}.ssl.fail_verify_error"
    before = world.server.stat(counter)
    with pytest.raises(REFUSALS):
        ask(world.server.pod, PORTS[port], REQUEST, make(world.authority, FRIEND), world.authority.anchor.pem)
    assert world.server.stat(counter) == before + 1


@pytest.mark.parametrize(
    ("make", "status"),
    [
        pytest.param(good, 200, id="with a grant"),
        pytest.param(of_someone_else, 403, id="without a grant"),
        pytest.param(lambda *_: None, 403, id="without a certificate"),
    ],
)
def test_a_client_is_judged_by_its_certificate(world: World, make: Make, status: int) -> None:
    leaf = make(world.authority, FRIEND)
    answer = ask(world.server.pod, PORTS["http"], REQUEST, leaf, world.authority.anchor.pem)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


def test_a_name_that_is_not_the_pods_is_passed_on_as_bytes_or_closed(world: World) -> None:
    """R70: TLS for another name is the application's own; on a port for HTTP it is closed (R63)."""
    leaf = good(world.authority, FRIEND)
    with pytest.raises(REFUSALS):
        ask(world.server.pod, PORTS["http"], REQUEST, leaf, world.authority.anchor.pem, "app.example.com")


@pytest.mark.parametrize(
    "make",
    [
        of_another_authority,
        expired,
        from_tomorrow,
        pytest.param(of_someone_else, id="of another account, from the same authority"),
    ],
)
@pytest.mark.parametrize("way", ["request", "stream"])
def test_no_byte_goes_to_a_server_whose_certificate_is(world: World, make: Make, way: str) -> None:
    """The impostor answers whatever name is asked for; only its certificate gives it away."""
    port = destination("impostor")
    impostor = Impostor(str(world.friend.pod.local), make(world.authority, identity("server")))
    with impostor.serving():
        world.friend.change(port, _endpoint(world, impostor))
        if way == "request":
            with world.friend.client() as asks:
                assert asks.get(url("impostor")).status_code == 502
        else:
            assert world.friend.tunnel(f"server.web:{PORTS['impostor']}", b"secret") == b""
    assert impostor.called
    assert not impostor.trusted


def test_an_honest_server_of_the_same_kind_is_believed(world: World) -> None:
    """Or the test above would prove nothing."""
    impostor = Impostor(str(world.friend.pod.local), good(world.authority, identity("server")))
    with impostor.serving(), world.friend.client() as asks:
        world.friend.change(destination("impostor"), _endpoint(world, impostor))
        assert asks.get(url("impostor")).text == "false"
    assert impostor.trusted == 1


def test_the_log_says_why_a_handshake_of_the_caller_failed(world: World) -> None:
    impostor = Impostor(str(world.friend.pod.local), of_someone_else(world.authority, ""))
    with impostor.serving(), world.friend.client() as asks:
        world.friend.change(destination("impostor"), _endpoint(world, impostor))
        asks.get(url("impostor", "/why"))
    assert "SAN" in world.friend.wait_for_log(path="/why")["upstream_failure"]


def _endpoint(world: World, impostor: Impostor) -> Endpoint:
    return Endpoint(IPv4Address(world.friend.pod.local), impostor.port, identity("server"))
