"""Who may call whom, as a table says it."""

from ipaddress import IPv4Address

import pytest

from localmesh.ask.access import access, policy_identities
from localmesh.views import AccessView
from meshpolicy.core.client import Arrival, Client

from ..build import cluster, group

FRIEND = "friend.pingpong.serviceaccount.identity.linkerd.cluster.local"
CLIENTS = {
    "friend": Client(IPv4Address("10.244.0.9"), Arrival.MESHED_HTTP, FRIEND),
    "other": Client(IPv4Address("10.244.0.8"), Arrival.MESHED_HTTP, FRIEND.replace("friend", "other")),
    "stranger": Client(IPv4Address("10.0.0.1")),
}
SERVER = """
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {{name: s, namespace: pingpong}}
spec:
  podSelector: {{matchLabels: {{app: ponger}}}}
  port: http
  proxyProtocol: {protocol}
"""
ROUTE = """
---
apiVersion: policy.linkerd.io/v1beta3
kind: HTTPRoute
metadata: {{name: {name}, namespace: pingpong}}
spec:
  parentRefs: [{{group: policy.linkerd.io, kind: Server, name: s}}]
  rules: [{{matches: [{match}]}}]
"""
GRANT = """
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {{name: grant, namespace: pingpong}}
spec:
  targetRef: {{group: policy.linkerd.io, kind: {kind}, name: {name}}}
  requiredAuthenticationRefs: [{{kind: ServiceAccount, name: friend}}]
"""
BY = "AuthorizationPolicy pingpong/grant"
PING = "{path: {type: Exact, value: /ping}, method: GET}"


def allowed(text: str, meshed: bool = True) -> list[tuple[str, str]]:
    groups = [group(meshed=meshed)]
    found = access(cluster(text), groups, CLIENTS)
    assert all((line.server, line.port) == ("ponger", "http") for line in found)
    return [(line.client, line.request) for line in found]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (SERVER.format(protocol="HTTP/1"), []),
        (
            SERVER.format(protocol="HTTP/1") + GRANT.format(kind="Server", name="s"),
            [("friend", "every request")],
        ),
        (
            SERVER.format(protocol="HTTP/1")
            + ROUTE.format(name="ping", match=PING)
            + GRANT.format(kind="HTTPRoute", name="ping"),
            [("friend", "GET /ping")],
        ),
        (
            SERVER.format(protocol="HTTP/1")
            + ROUTE.format(name="a", match=PING)
            + ROUTE.format(name="b", match=PING)
            + GRANT.format(kind="HTTPRoute", name="b"),
            [],
        ),
        (
            SERVER.format(protocol="HTTP/1")
            + ROUTE.format(name="r", match="{path: {type: RegularExpression, value: '/p.*'}}")
            + GRANT.format(kind="HTTPRoute", name="r"),
            [("friend", "any method ~/p.*")],
        ),
        (
            SERVER.format(protocol="opaque") + GRANT.format(kind="Server", name="s"),
            [("friend", "connections")],
        ),
    ],
    ids=["nothing", "a server", "a route", "a route behind another", "a pattern", "streams"],
)
def test_what_a_policy_grants_is_listed_and_no_more(text: str, lines: list[tuple[str, str]]) -> None:
    assert allowed(text) == lines


def test_an_unmeshed_workload_is_open_to_anyone() -> None:
    assert allowed(SERVER.format(protocol="HTTP/1"), meshed=False) == [("anyone", "anything")]


def test_a_line_names_what_grants_it() -> None:
    text = SERVER.format(protocol="HTTP/1") + GRANT.format(kind="Server", name="s")
    (line,) = access(cluster(text), [group()], CLIENTS)
    assert line == AccessView("friend", "ponger", "http", "every request", BY, "/")


def test_the_accounts_that_policies_name_are_found() -> None:
    text = SERVER.format(protocol="HTTP/1") + GRANT.format(kind="Server", name="s")
    assert policy_identities(cluster(text), [group()]) == (FRIEND,)
