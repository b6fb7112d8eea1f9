"""The routes of one port, chosen to tie and to shade each other, asked of real Envoy and of `meshpolicy`."""

import json
from contextlib import closing
from http.client import HTTPConnection
from ipaddress import IPv4Address
from itertools import product

import pytest

from meshpolicy.core.client import Client
from meshpolicy.decide.decide import decide
from meshpolicy.decide.request import Request

from .world import PORTS, World, many

pytestmark = pytest.mark.envoy

PATHS = [
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/b?q=1",
    "/a/b?q=2&q=1",
    "/a?r+s=%31",
    "/z?r%20s=1",
    "/ab",
    "/A",
    "//a",
    "/x/y",
    "/%61",
]
HOSTS = ["server.web", "a.x", "A.X:8093", "b.a.x", "a.x."]
HEADERS: list[dict[str, str]] = [{}, {"x": "1"}, {"x": "2"}]
METHODS = ["GET", "POST"]


@pytest.mark.parametrize("host", HOSTS)
def test_envoy_takes_the_route_that_linkerd_would(world: World, host: str) -> None:
    policy, client = many(), Client(IPv4Address("10.0.0.1"))
    connection = HTTPConnection(str(world.server.pod.local), PORTS["many"], timeout=10)
    with closing(connection):
        for method, path, headers in product(METHODS, PATHS, HEADERS):
            connection.request(method, path, headers={**headers, "host": host})
            answer = connection.getresponse()
            body = answer.read()
            met = json.loads(body)["headers"]["x-route"] if body else None
            decision = decide(policy, client, Request(method, path, headers, host))
            assert (decision.status or 200, decision.headers.get("x-route")) == (answer.status, met)


def test_the_sample_meets_every_route() -> None:
    """Or the test above would prove little."""
    client, met = Client(IPv4Address("10.0.0.1")), set()
    for method, path, headers, host in product(METHODS, PATHS, HEADERS, HOSTS):
        met.add(decide(many(), client, Request(method, path, headers, host)).route)
    assert {route.ref for route in many().http_routes} <= met
    assert None in met
