"""Observed calls are needs, with the line that tells of each."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..build import POLICY, Manifest
from ..command import run, written
from .world import CART, answered, calls, deployment

WEB = deployment("web")
IDENTITY = "web.shop.serviceaccount.identity.linkerd.cluster.local"


def line(**fields: Any) -> str:
    """Return a line of Linkerd's access log."""
    usual = {
        "client.addr": "10.1.0.7:41000",
        "client.id": IDENTITY,
        "timestamp": "2026-11-27T15:00:00.000000000Z",
        "method": "GET",
        "uri": "/items",
        "host": "cart.shop.svc.cluster.local",
        "status": "200",
        "version": "HTTP/2.0",
    }
    return json.dumps(usual | fields)


def observed(folder: Path, text: str, *manifests: Manifest, options: tuple[str, ...] = ()) -> dict[str, Any]:
    log = folder / "calls.log"
    log.write_text(text + "\n")
    return answered(folder, *CART, WEB, *manifests, options=("--traffic", str(log), *options))


@pytest.mark.parametrize(
    ("text", "client"),
    [
        (line(), "shop/web"),
        (line(host="cart:80"), "shop/web"),
        (line(host="cart"), "shop/web"),
        (f"[pod/cart-6d4cf56db6-abcde/linkerd-proxy] {line()}", "shop/web"),
        (line(**{"client.id": "desk.office.serviceaccount.identity.linkerd.cluster.local"}), "office/desk"),
        (line(**{"client.id": ""}), "an unmeshed client"),
    ],
)
def test_a_line_of_the_access_log_is_a_need(text: str, client: str, tmp_path: Path) -> None:
    found = observed(tmp_path, text)
    assert calls(found) == [(client, "shop/cart:8080", "missing")]
    [need] = found["needs"]
    assert (need["request"], need["line"]) == ("GET /items", 1)
    assert need["file"].endswith("calls.log")


def test_what_is_refused_already_is_no_need_and_what_may_be_is_not_known(tmp_path: Path) -> None:
    assert calls(observed(tmp_path, line(status="403"))) == [("shop/web", "shop/cart:8080", "unknown")]


def test_observed_requests_take_the_place_of_those_that_are_not_known(tmp_path: Path) -> None:
    """A grant on one route leaves the declared address open, and answers what was seen."""
    server = {"podSelector": {"matchLabels": {"app": "cart"}}, "port": "http"}
    parent = {"group": POLICY, "kind": "Server", "name": "cart"}
    rules = [{"matches": [{"path": {"type": "Exact", "value": "/items"}}]}]
    target = {"group": POLICY, "kind": "HTTPRoute", "name": "items"}
    account = {"kind": "ServiceAccount", "name": "web"}
    objects = [
        ("Server", "cart", server, "v1beta3"),
        ("HTTPRoute", "items", {"parentRefs": [parent], "rules": rules}, "v1beta3"),
        ("AuthorizationPolicy", "web", {"targetRef": target, "requiredAuthenticationRefs": [account]}, "v1alpha1"),
    ]
    manifests = [
        {
            "apiVersion": f"{POLICY}/{version}",
            "kind": kind,
            "metadata": {"name": name, "namespace": "shop"},
            "spec": spec,
        }
        for kind, name, spec, version in objects
    ]
    caller = deployment("web", env={"CART": "http://cart"})
    declared = answered(tmp_path, *CART, caller, *manifests)
    assert calls(declared) == [("shop/web", "shop/cart:8080", "unknown")]
    log = tmp_path / "calls.log"
    log.write_text(line() + "\n")
    seen = answered(tmp_path, *CART, caller, *manifests, options=("--traffic", str(log)))
    assert calls(seen) == [("shop/web", "shop/cart:8080", "correct")]
    assert seen["readiness"] == "ready"


def test_a_call_that_is_declared_and_seen_is_one_need(tmp_path: Path) -> None:
    """However the log names the host; another request is another need."""
    caller = deployment("web", env={"CART": "http://cart/items"})
    log = tmp_path / "calls.log"
    log.write_text("\n".join((line(), line(host="cart"), line(uri="/more"))) + "\n")
    seen = answered(tmp_path, *CART, caller, options=("--traffic", str(log)))
    assert [(one["request"], one["kind"]) for one in seen["needs"]] == [
        ("GET /items", "environment variable"),
        ("GET /more", "observed"),
    ]


def test_a_port_without_a_known_caller_says_how_to_see_one(tmp_path: Path) -> None:
    file = written(tmp_path, "shop.yaml", *CART)
    assert "--traffic FILE" in run("ready", file)[1]
    log = tmp_path / "calls.log"
    log.write_text(line() + "\n")
    assert "--traffic FILE" not in run("ready", file, "--traffic", log)[1]
    told = run("generate", file)[2]
    assert "Missing option '--traffic'" in told
    assert "config.linkerd.io/access-log: json" in told
