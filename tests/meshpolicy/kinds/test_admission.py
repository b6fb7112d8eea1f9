"""What is refused of routes, and what only looks as if it were: the Gateway API has more rules than Linkerd's kind."""

from typing import Any

import pytest

from meshpolicy.kinds.cel import Failed, seconds
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents

from ..build import GATEWAY, POLICY, Manifest, documents, exact, network, prefix, ref, route

REDIRECT: Manifest = {"type": "RequestRedirect", "requestRedirect": {"hostname": "example.org"}}
PREFIX: Manifest = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}
BACKEND: Manifest = {"name": "ponger", "port": 80}


def refused(manifest: Manifest) -> list[str]:
    """Return the fields for which a manifest is refused."""
    return [problem.place.field for problem in parse_documents(documents(manifest), MeshSettings()).refused]


@pytest.mark.parametrize(
    ("matches", "rule", "of_gateway", "of_linkerd"),
    [
        ([prefix("/a")], {}, [], []),
        ([prefix("/a//b")], {}, ["spec.rules[0].matches[0].path"], []),
        ([prefix("/a")], {"filters": [REDIRECT]}, [], []),
        ([prefix("/a")], {"filters": [REDIRECT, REDIRECT]}, ["spec.rules[0].filters"], []),
        ([prefix("/a")], {"filters": [REDIRECT], "backendRefs": [BACKEND]}, ["spec.rules[0]"], []),
        (
            [prefix("/a")],
            {"filters": [{"type": "RequestRedirect"}]},
            ["filters[0]"],
            ["filters[0].requestRedirect"],
        ),
        ([prefix("/a")], {"backendRefs": [{"name": "ponger"}]}, ["spec.rules[0].backendRefs[0]"], []),
        ([prefix("/a")], {"timeouts": {"request": "10s", "backendRequest": "1s"}}, [], []),
        (
            [prefix("/a")],
            {"timeouts": {"request": "1s", "backendRequest": "10s"}},
            ["timeouts"],
            ["timeouts.backendRequest"],
        ),
        ([prefix("/a")], {"timeouts": {"request": "0s", "backendRequest": "10s"}}, [], ["timeouts.backendRequest"]),
        ([prefix("/a")], {"timeouts": {"request": "soon"}}, ["timeouts.request"], ["timeouts.request"]),
        ([prefix("/a")], {"filters": [{"type": "RequestRedirect", "requestRedirect": {"path": PREFIX}}]}, [], []),
        (
            [exact("/a")],
            {"filters": [{"type": "RequestRedirect", "requestRedirect": {"path": PREFIX}}]},
            ["spec.rules[0]"],
            [],
        ),
        (
            [exact("/a")],
            {"filters": [{"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplaceFullPath"}}}]},
            ["path.replaceFullPath"],
            ["path.replaceFullPath"],
        ),
    ],
)
def test_a_rule_is_refused_by_the_rules_of_its_kind(
    matches: list[Manifest], rule: dict[str, Any], of_gateway: list[str], of_linkerd: list[str]
) -> None:
    for group, expected in ((GATEWAY, of_gateway), (POLICY, of_linkerd)):
        found = refused(route(*matches, group=group, **rule))
        assert len(found) == len(expected), found
        assert all(field.endswith(end) for field, end in zip(found, expected, strict=True)), found


@pytest.mark.parametrize(
    ("sections", "expected"),
    [(["", ""], True), (["a", "a"], True), (["a", ""], True), (["a", "b"], False), ([""], False)],
)
def test_a_gateways_route_names_a_parent_once(sections: list[str], expected: bool) -> None:
    parents = [ref("Server", "http") | ({"sectionName": section} if section else {}) for section in sections]
    assert refused(route(prefix("/a"), group=GATEWAY, parents=parents)) == (["spec.parentRefs"] if expected else [])
    assert refused(route(prefix("/a"), parents=parents)) == []


def _outwards(kind: str, version: str, **spec: Any) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "x", "namespace": "arena"}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"trafficPolicy": "Allow"}, []),
        ({"trafficPolicy": "Deny", "networks": [{"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}]}, []),
        ({"trafficPolicy": "Allow", "networks": []}, ["spec.networks"]),
        ({"trafficPolicy": "Allow", "networks": [{"cidr": "x"}]}, ["spec.networks[0].cidr"]),
        ({"trafficPolicy": "Maybe"}, ["spec.trafficPolicy"]),
        ({}, ["spec.trafficPolicy"]),
    ],
)
def test_an_egress_network_has_networks_or_no_list(spec: Manifest, fields: list[str]) -> None:
    """It has no say here, and a manifest that holds it must be right nevertheless."""
    assert refused(_outwards("EgressNetwork", "policy.linkerd.io/v1alpha1", **spec)) == fields


@pytest.mark.parametrize(("count", "fields"), [(1, []), (2, ["spec.rules"])])
def test_a_tls_route_has_one_rule(count: int, fields: list[str]) -> None:
    rules = [{"backendRefs": [{"name": "out", "port": 443}]}] * count
    egress = {"group": "policy.linkerd.io", "kind": "EgressNetwork", "name": "all", "port": 443}
    found = refused(_outwards("TLSRoute", f"{GATEWAY}/v1", parentRefs=[egress], hostnames=["example.org"], rules=rules))
    assert found == fields


def test_a_gateways_route_has_no_more_than_128_matches() -> None:
    crowd = [prefix(f"/{number}") for number in range(64)]
    for more, fields in (([], []), ([{"matches": crowd[:1]}], ["spec.rules"])):
        crowded = route(*crowd, group=GATEWAY)
        crowded["spec"]["rules"] += [{"matches": crowd}, *more]
        assert refused(crowded) == fields


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10s", 10), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400), ("-1s", -1), ("0", 0), (".5s", 0.5)],
)
def test_a_duration_is_read_as_go_does(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["10", "s", "", "1s2", "1 s", "1d"])
def test_a_duration_has_numbers_and_units(text: str) -> None:
    with pytest.raises(Failed):
        seconds(text)


@pytest.mark.parametrize(
    ("cidr", "expected"), [("10.0.0.0/8", False), ("::1%eth0", True), ("10.0.0.0/255.0.0.0", True), ("10.0.0", True)]
)
def test_a_network_that_linkerd_cannot_read_is_refused(cidr: str, expected: bool) -> None:
    """R36, for both kinds that hold networks."""
    assert bool(refused(network(cidr))) is expected
    old = {"networks": [{"cidr": cidr}], "unauthenticated": True}
    authorization = {
        "apiVersion": f"{POLICY}/v1beta1",
        "kind": "ServerAuthorization",
        "metadata": {"name": "old", "namespace": "arena"},
        "spec": {"server": {"name": "http"}, "client": old},
    }
    assert bool(refused(authorization)) is expected
