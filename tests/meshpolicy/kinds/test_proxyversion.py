"""Whether a proxy compares host names with case: it depends on its version. R92, M5."""

from typing import Any

import pytest

from meshpolicy.kinds.proxyversion import compares_case, version_of
from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, Manifest, ask, cluster, pod, prefix, route, server, service

OLD, NEW = "edge-26.8.3", "edge-26.9.1"
PORTS = {"http": 8080}


@pytest.mark.parametrize(
    ("version", "with_case"),
    [
        ("edge-26.8.3", True),
        ("edge-26.8.4", False),
        ("edge-25.12.9", True),
        ("edge-27.1.1", False),
        ("v2.366.0", True),
        ("v2.367.0", False),
        ("stable-2.14.10", True),
        ("", False),
        ("git-29637b64", False),
        ("edge-26.8", False),
    ],
)
def test_proxies_up_to_v2_366_compare_host_names_with_case(version: str, with_case: bool) -> None:
    """Of one whose version says nothing, what was measured is taken to hold."""
    assert compares_case(version) is with_case


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("cr.l5d.io/linkerd/proxy:edge-26.8.3", "edge-26.8.3"),
        ("registry:5000/proxy", ""),
        ("registry:5000/proxy:v1@sha256:0a", "v1"),
        ("proxy@sha256:0a", ""),
        ("", ""),
    ],
)
def test_the_version_is_the_tag_of_the_image(image: str, version: str) -> None:
    assert version_of(image) == version


def named(*, image: str = "", annotation: str = "") -> Manifest:
    """Return the server `cat`, whose proxy is of an image, or asked for by an annotation."""
    found = pod(
        "cat",
        "10.244.0.31",
        ports=PORTS,
        annotations={"config.linkerd.io/proxy-version": annotation} if annotation else {},
    )
    found["spec"]["containers"][1]["image"] = image
    return found


@pytest.mark.parametrize(
    ("own", "settings", "expected"),
    [
        (named(), MeshSettings(), "allow"),
        (named(), MeshSettings(proxy_version=OLD), "404"),
        (named(), MeshSettings(proxy_version=NEW), "allow"),
        (named(image=f"cr.l5d.io/linkerd/proxy:{OLD}"), MeshSettings(proxy_version=NEW), "404"),
        (named(image=f"cr.l5d.io/linkerd/proxy:{NEW}"), MeshSettings(proxy_version=OLD), "allow"),
        (named(annotation=OLD), MeshSettings(proxy_version=NEW), "404"),
    ],
)
@pytest.mark.parametrize("hostname", ["a.example", "*.example"])
def test_the_proxy_of_the_server_decides_whether_case_counts(
    own: Manifest, settings: MeshSettings, expected: str, hostname: str
) -> None:
    hosted: dict[str, Any] = route(prefix("/"))
    hosted["spec"]["hostnames"] = [hostname]
    found = cluster(*ARENA, own, server(app="cat", accessPolicy="all-unauthenticated"), hosted, settings=settings)
    for host, outcome in (("a.example", "allow"), ("A.Example", expected)):
        assert ask(found, "stranger", "cat:8080/", direct=True, authority=host).outcome == outcome


def test_the_proxy_of_the_client_decides_for_routes_on_a_service() -> None:
    hosted = route(prefix("/"), parents=[{"group": "core", "kind": "Service", "name": "cat"}])
    hosted["spec"]["hostnames"] = ["cat.example"]
    caller = pod("caller", "10.244.0.41", annotations={"config.linkerd.io/proxy-version": OLD})
    found = cluster(*ARENA, caller, named(), service("cat"), server(app="cat", accessPolicy="audit"), hosted)
    asked = {
        client: ask(found, client, "cat:8080/", authority="CAT.example").outcome for client in ("pinger", "caller")
    }
    assert asked == {"pinger": "allow", "caller": "404"}
