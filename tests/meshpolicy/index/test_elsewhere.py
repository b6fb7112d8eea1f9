"""What may exist outside of the input is unknown, never a certain refusal; what is closed is decided."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.parse import parse_documents

from ..build import ARENA, allow, ask, documents, exact, network, ref, route, server, service, tls

Manifest = dict[str, Any]
FAR_TLS, FAR_NET = ref("MeshTLSAuthentication", "tls", "far"), ref("NetworkAuthentication", "net", "far")


def world(*manifests: Manifest, closed: bool = False) -> Cluster:
    found = parse_documents(documents(*ARENA, *manifests), closed=closed)
    assert found.wrong == ()
    return found.cluster


def far(manifest: Manifest) -> Manifest:
    """Return an object in a namespace of which the arena holds nothing else."""
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": "far"}}


@pytest.mark.parametrize(
    ("policies", "client", "open_world", "closed_world"),
    [
        ([allow(FAR_TLS)], "pinger", "unknown", "forbidden"),
        ([allow(FAR_TLS)], "stranger", "forbidden", "forbidden"),
        ([allow(FAR_NET)], "stranger", "unknown", "forbidden"),
        ([allow(FAR_NET), allow(name="all")], "stranger", "allow", "allow"),
        ([allow(FAR_TLS), far(tls("*"))], "pinger", "allow", "allow"),
        ([allow(ref("MeshTLSAuthentication", "tls"))], "pinger", "forbidden", "forbidden"),
        ([allow(FAR_NET, on=ref("HTTPRoute", "route")), route(exact("/"))], "stranger", "unknown", "forbidden"),
        ([allow(FAR_NET, on=ref("HTTPRoute", "other")), route(exact("/"))], "stranger", "forbidden", "forbidden"),
    ],
)
def test_a_reference_to_a_namespace_that_is_not_here_leaves_the_verdict_open(
    policies: list[Manifest], client: str, open_world: str, closed_world: str
) -> None:
    verdicts = [ask(world(server(), *policies, closed=closed), client).verdict.value for closed in (False, True)]
    assert verdicts == [open_world, closed_world]


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from([FAR_TLS, FAR_NET]), min_size=1, max_size=2, unique_by=lambda entry: entry["kind"]),
    st.sampled_from([tls("*"), tls("nobody.arena"), network("10.0.0.0/8"), network("192.0.2.0/24")]),
    st.sampled_from(["pinger", "rogue", "stranger"]),
)
def test_no_object_that_appears_elsewhere_turns_a_certain_verdict(
    references: list[Manifest], appears: Manifest, client: str
) -> None:
    before = ask(world(server(), allow(*references)), client).verdict.value
    after = ask(world(server(), allow(*references), far(appears), closed=True), client).verdict.value
    assert before in ("unknown", after)


@pytest.mark.parametrize(
    ("manifest", "client", "verdict"),
    [
        (network("10.0.0.0/8"), "stranger", "unknown"),
        (tls("*"), "pinger", "unknown"),
        (tls("*"), "stranger", "forbidden"),
        (server("other"), "pinger", "unknown"),
        (route(exact("/")), "pinger", "unknown"),
        (allow(name="other"), "pinger", "unknown"),
    ],
)
def test_an_object_with_a_variable_that_has_no_value_decides_nothing(
    manifest: Manifest, client: str, verdict: str
) -> None:
    place = Place("test.yaml", 99)
    name, kind = manifest["metadata"]["name"], manifest["kind"]
    grants = allow(ref(kind, name) if kind.endswith("Authentication") else FAR_TLS)
    found = parse_documents(
        (*documents(*ARENA, server(), grants), Document(place, manifest, unset=("NAME",))), closed=True
    )
    assert [str(problem) for problem in found.left_out] == [
        f"test.yaml, document 99: left out: {kind} arena/{name} has the variable "
        "NAME, which has no value; give it with --set NAME=VALUE"
    ]
    assert ask(found.cluster, client).verdict.value == verdict


SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
SHOP = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cart", "namespace": "shop"}}


def cart(**annotations: str) -> list[Manifest]:
    """Return a Deployment that asks for a sidecar, its Service, and a Server that lets everyone in with HTTP."""
    named = {f"config.linkerd.io/{name.replace('_', '-')}": text for name, text in annotations.items()}
    metadata = {"labels": {"app": "cart"}, "annotations": {"linkerd.io/inject": "enabled", **named}}
    spec = {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}]}
    front = service("cart")
    own = server(app="cart", accessPolicy="all-unauthenticated", proxyProtocol="HTTP/1")
    for one in (front, own):
        one["metadata"]["namespace"] = "shop"
    template = {"metadata": metadata, "spec": spec}
    return [{**SHOP, "spec": {"selector": {"matchLabels": {"app": "cart"}}, "template": template}}, front, own]


@pytest.mark.parametrize(
    ("annotations", "client", "open_world", "closed_world"),
    [
        ({}, "pinger", "unknown", "allow"),
        ({}, "stranger", "allow", "allow"),
        ({"opaque_ports": "25"}, "pinger", "unknown", "allow"),
        ({"opaque_ports": "8080"}, "pinger", "unknown", "closed"),
    ],
)
@pytest.mark.parametrize(("more", "closed"), [([], False), ([], True), ([SPACE], False)])
def test_a_namespace_outside_of_the_input_may_call_ports_opaque(
    annotations: dict[str, str],
    client: str,
    open_world: str,
    closed_world: str,
    more: list[Manifest],
    closed: bool,
) -> None:
    """R8, R65: its pods and its Services take the list over; then an HTTP Server closes their clients' connections."""
    found = world(*cart(**annotations), *more, closed=closed)
    expected = closed_world if more or closed else open_world
    assert ask(found, client, "shop/cart:http/").verdict.value == expected
