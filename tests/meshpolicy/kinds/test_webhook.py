"""What the API server and Linkerd's webhook refuse of routes and rate limits, field by field."""

from typing import Any

import pytest

from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents

from ..build import GATEWAY, POLICY, Manifest, documents, outcome, prefix, ref, route, server, tls

SERVICE = {"group": "core", "kind": "Service", "name": "ponger", "port": 80}


def refused(manifest: Manifest) -> list[str]:
    """Return the fields for which a manifest is refused."""
    return [problem.place.field for problem in parse_documents(documents(manifest), MeshSettings()).refused]


def header(name: str = "x", value: str = "1") -> Manifest:
    """Return a header to match, or to change."""
    return {"name": name, "value": value}


def external(**spec: Any) -> Manifest:
    """Return an ExternalWorkload."""
    identity = {"identity": "vm.example", "serverName": "vm.example"}
    metadata = {"name": "vm", "namespace": "arena"}
    own = {"meshTLS": identity, "workloadIPs": [{"ip": "192.0.2.7"}], "ports": [{"port": 8080}], **spec}
    return {"apiVersion": "workload.linkerd.io/v1beta1", "kind": "ExternalWorkload", "metadata": metadata, "spec": own}


def change(kind: str = "request", **changes: Any) -> Manifest:
    """Return a filter that changes headers."""
    return {"type": f"{kind.title()}HeaderModifier", f"{kind}HeaderModifier": changes}


@pytest.mark.parametrize("group", [POLICY, GATEWAY])
@pytest.mark.parametrize(
    ("match", "filters", "expected"),
    [
        ({"headers": [header("x"), header("X")]}, [], ""),
        ({"headers": [header("x"), header("x", "2")]}, [], "matches[0].headers[1]"),
        ({"queryParams": [header("x"), header("x", "2")]}, [], "matches[0].queryParams[1]"),
        ({"headers": [header(value="a\tb é")]}, [], ""),
        ({"headers": [header(value="a\nb")]}, [], "matches[0].headers[0].value"),
        ({"queryParams": [header(value="a\nb")]}, [], ""),
        ({}, [change(set=[header("x"), header("x", "2")])], "filters[0].requestHeaderModifier.set[1]"),
        ({}, [change(remove=["x", "y"])], ""),
        ({}, [change(remove=["bad name"])], "filters[0].requestHeaderModifier.remove[0]"),
        ({}, [change(remove=[""])], "filters[0].requestHeaderModifier.remove[0]"),
        ({}, [change(add=[header(value="a\x7f")])], "filters[0].requestHeaderModifier.add[0].value"),
    ],
)
def test_headers_are_named_once_and_can_be_sent(group: str, match: Manifest, filters: Any, expected: str) -> None:
    """R53, for both groups: names are compared with case, values may hold tabs and letters of any script."""
    found = refused(route(prefix("/", **match), group=group, filters=filters))
    assert found == ([f"spec.rules[0].{expected}"] if expected else [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (change(remove=["x", "x"]), "requestHeaderModifier.remove[1]"),
        (change("response", remove=["a:b"]), "responseHeaderModifier.remove[0]"),
        (change("response", set=[header(value="a\r")]), "responseHeaderModifier.set[0].value"),
    ],
)
def test_a_gateways_route_changes_headers_of_responses_and_removes_each_once(changes: Manifest, field: str) -> None:
    assert refused(route(prefix("/"), group=GATEWAY, filters=[changes])) == [f"spec.rules[0].filters[0].{field}"]


@pytest.mark.parametrize("group", [POLICY, GATEWAY])
@pytest.mark.parametrize(
    ("path", "refused_"),
    [
        ({"type": "ReplaceFullPath", "replaceFullPath": "/a"}, False),
        ({"type": "ReplaceFullPath", "replaceFullPath": ""}, True),
        ({"type": "ReplaceFullPath", "replaceFullPath": "a"}, True),
        ({"type": "ReplacePrefixMatch", "replacePrefixMatch": ""}, True),
        ({"type": "ReplacePrefixMatch"}, True),
    ],
)
def test_a_redirect_leads_to_an_absolute_path(group: str, path: Manifest, refused_: bool) -> None:
    """R53."""
    filters = [{"type": "RequestRedirect", "requestRedirect": {"path": path}}]
    assert bool(refused(route(prefix("/"), group=group, filters=filters))) is refused_


def test_a_route_of_linkerd_has_three_kinds_of_filters() -> None:
    """R53: what else the Gateway API knows, Linkerd's own kind refuses."""
    rewrite = {"type": "URLRewrite", "urlRewrite": {"hostname": "example.org"}}
    assert refused(route(prefix("/"), filters=[rewrite])) != []
    assert refused(route(prefix("/"), group=GATEWAY, filters=[rewrite])) == []


@pytest.mark.parametrize(
    ("name", "value", "readable"),
    [
        ("retry.linkerd.io/limit", "3", True),
        ("retry.linkerd.io/limit", "0", True),
        ("retry.linkerd.io/limit", "65536", False),
        ("retry.linkerd.io/limit", "-1", False),
        ("retry.linkerd.io/limit", "many", False),
        ("retry.linkerd.io/timeout", "10s", True),
        ("retry.linkerd.io/timeout", " 0 ", True),
        ("retry.linkerd.io/timeout", "10", False),
        ("retry.linkerd.io/timeout", "1.5s", False),
        ("retry.linkerd.io/timeout", "-1s", False),
        ("timeout.linkerd.io/request", "1d", True),
        ("timeout.linkerd.io/request", "18446744073709551615ms", True),
        ("timeout.linkerd.io/request", "18446744073709551616ms", False),
        ("timeout.linkerd.io/request", "213503982334d", True),
        ("timeout.linkerd.io/request", "213503982335d", False),
        ("timeout.linkerd.io/response", "10us", False),
        ("timeout.linkerd.io/idle", "", False),
        ("retry.linkerd.io/http", "5xx,404,500-503", True),
        ("retry.linkerd.io/http", "Gateway-Error", True),
        ("retry.linkerd.io/http", "503-500", False),
        ("retry.linkerd.io/http", "5xx, 404", False),
        ("retry.linkerd.io/http", "600", False),
        ("retry.linkerd.io/http", "", False),
        ("retry.linkerd.io/grpc", "anything", True),
    ],
)
def test_retries_and_timeouts_of_a_service_are_read(name: str, value: str, readable: bool) -> None:
    """An annotation that Linkerd cannot read is refused on a route of a Service, and passed over elsewhere."""
    for group in (POLICY, GATEWAY):
        manifest = route(prefix("/"), group=group, parents=[SERVICE])
        manifest["metadata"]["annotations"] = {name: value}
        assert refused(manifest) == ([] if readable else [f"metadata.annotations.{name}"])
        manifest = route(prefix("/"), group=group)
        manifest["metadata"]["annotations"] = {name: value}
        assert refused(manifest) == []


@pytest.mark.parametrize(
    ("value", "readable"), [("cancelled,Internal", True), ("deadline-exceeded", True), ("5xx", False), ("", False)]
)
def test_conditions_of_a_grpc_route_are_words(value: str, readable: bool) -> None:
    manifest = route({"method": {"service": "a"}}, kind="GRPCRoute", group=GATEWAY, parents=[SERVICE])
    manifest["metadata"]["annotations"] = {"retry.linkerd.io/grpc": value}
    assert bool(refused(manifest)) is not readable


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        ({"group": POLICY, "kind": "EgressNetwork", "name": "all"}, True),
        ({"group": POLICY, "kind": "EgressNetwork", "name": "all", "port": 443}, False),
        ({"group": POLICY, "kind": "egressnetwork", "name": "all"}, True),
        ({"group": "example.org", "kind": "EgressNetwork", "name": "all"}, False),
    ],
)
def test_an_egress_network_is_a_parent_by_its_port(parent: Manifest, expected: bool) -> None:
    assert bool(refused(route(prefix("/"), parents=[parent]))) is expected


@pytest.mark.parametrize(("rate", "expected"), [(1, False), (2**32 - 1, False), (2**32, True), (0, True)])
def test_a_rate_has_32_bits(rate: int, expected: bool) -> None:
    """R101."""
    spec = {"targetRef": ref("Server", "http"), "total": {"requestsPerSecond": rate}}
    metadata = {"name": "limit", "namespace": "arena"}
    kind = "HTTPLocalRateLimitPolicy"
    limit = {"apiVersion": f"{POLICY}/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}
    assert bool(refused(limit)) is expected


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (server(port=""), False),
        (server() | {"spec": {"podSelector": {}, "port": None}}, True),
        (server(proxyProtocol=None), False),
        (server() | {"status": {}}, True),
        (route(prefix("/")) | {"status": {"parents": []}}, False),
        (tls(f"spiffe://cluster.local/{'x' * 3000}"), False),
        (tls("spiffe://cluster.local/"), True),
        (tls() | {"spec": {"identities": [None]}}, True),
        (external(workloadIPs=[{"ip": "soon"}]), False),
        (external(ports=[{"port": 0}]), True),
    ],
)
def test_near_misses_are_refused_or_stored_as_a_real_api_server_did(manifest: Manifest, expected: bool) -> None:
    """A null counts as left out but in a list, an empty name of a port is stored, and so is an address that is none."""
    assert bool(refused(manifest)) is expected


def test_a_port_without_a_name_is_not_selected_by_an_empty_one() -> None:
    """R15: the API takes the empty name, and no port has it."""
    assert outcome(server(port="")) == "allow"
