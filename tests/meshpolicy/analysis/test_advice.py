"""What `check` advises allows the call, and it says what else it does."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..build import ARENA, GATEWAY, POLICY, Manifest, account, allow, exact, prefix, ref, route, server, tls
from ..command import run, written

PINGER = account("pinger")
TYPO = ref("MeshTLSAuthentication", "pinger-tls")
OWN = tls("pinger.arena.serviceaccount.identity.linkerd.cluster.local", name="pinger")


def advised(tmp_path: Path, *manifests: Manifest, call: tuple[str, ...] = ("pinger", "ponger/ping")) -> dict[str, Any]:
    """Return the change that is advised for a refused call."""
    file = written(tmp_path, "arena.yaml", *ARENA, *manifests)
    code, out, _ = run("check", *call, file, "--output", "json")
    assert code == 1
    found = json.loads(out)["change"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("manifests", "text"),
    [
        (
            (server(), OWN, allow(TYPO)),
            "there is no MeshTLSAuthentication arena/pinger-tls; did you mean arena/pinger?",
        ),
        (
            (server(), route(exact("/ping")), allow(PINGER, on=ref("HTTPRoute", "route", group=GATEWAY))),
            "it targets HTTPRoute.gateway.networking.k8s.io route, which is not in force; "
            "did you mean HTTPRoute.policy.linkerd.io route?",
        ),
        (
            (server(), allow(PINGER, on=ref("Server", "htpp"))),
            "it targets Server.policy.linkerd.io htpp, which is not in force; "
            "did you mean Server.policy.linkerd.io http?",
        ),
    ],
)
def test_a_policy_that_is_there_and_ignored_comes_first(
    manifests: tuple[Manifest, ...], text: str, tmp_path: Path
) -> None:
    change = advised(tmp_path, *manifests)
    assert change["text"] == f"AuthorizationPolicy arena/allow would admit it, and is ignored: {text}"
    assert change["manifests"] == []


@pytest.mark.parametrize(
    ("group", "parent", "shown"),
    [
        (POLICY, ref("Server", "htpp"), "Server.policy.linkerd.io htpp"),
        (GATEWAY, {"kind": "Server", "name": "http"}, "Server.gateway.networking.k8s.io http"),
    ],
)
def test_a_route_that_is_attached_to_nothing_comes_before_its_policy(
    group: str, parent: Manifest, shown: str, tmp_path: Path
) -> None:
    """The policy's target is right: a wider one would be a second mistake."""
    lost = route(exact("/ping"), group=group, parents=[parent])
    change = advised(tmp_path, server(), lost, allow(PINGER, on=ref("HTTPRoute", "route", group=group)))
    told = f"its parent {shown} is not there; did you mean Server.policy.linkerd.io http?"
    assert change["text"] == f"HTTPRoute arena/route is in force nowhere: {told}"


def test_nothing_is_advised_for_what_is_no_request(tmp_path: Path) -> None:
    file = written(tmp_path, "arena.yaml", *ARENA, server(), allow(PINGER))
    code, out, _ = run("check", "pinger", "ponger/a<b", file, "--output", "json")
    assert (code, json.loads(out)["change"]) == (1, None)


def test_a_policy_that_would_admit_somebody_else_is_not_named(tmp_path: Path) -> None:
    other = tls("rogue.arena.serviceaccount.identity.linkerd.cluster.local", name="rogue")
    assert "ignored" not in advised(tmp_path, server(), other, allow(TYPO))["text"]


def test_an_exact_change_is_called_so(tmp_path: Path) -> None:
    """And applied it opens this call alone."""
    before = (server(proxyProtocol="HTTP/1"), route(exact("/ping", method="GET")))
    change = advised(tmp_path, *before)
    assert (change["exact"], change["besides"]) == (True, [])
    old = written(tmp_path, "old.yaml", *ARENA, *before)
    new = written(tmp_path, "new.yaml", *ARENA, *before, *change["manifests"])
    (changed,) = json.loads(run("diff", old, new, "--output", "json")[1])
    assert (changed["change"], changed["client"], changed["requests"]) == ("opened", "arena/pinger", "GET /ping")


def test_what_a_change_opens_besides_is_told(tmp_path: Path) -> None:
    two = route(exact("/ping", method="GET"), exact("/pong", method="GET"))
    change = advised(tmp_path, server(proxyProtocol="HTTP/1"), two)
    assert not change["exact"]
    assert [one["requests"] for one in change["besides"]] == ["GET /ping, GET /pong"]


def test_a_route_of_its_own_is_advised_where_the_route_is_wide(tmp_path: Path) -> None:
    wide = (server(proxyProtocol="HTTP/1"), route(prefix("/")), allow(account("rogue"), on=ref("HTTPRoute", "route")))
    change = advised(tmp_path, *wide)
    assert change["manifests"]
    file = written(tmp_path, "all.yaml", *ARENA, *wide, *change["manifests"])
    assert run("check", "pinger", "ponger/ping", file)[0] == 0
    closed = {one["change"] for one in change["besides"]}
    assert closed == {"closed"}, "rogue may not send it any more: the new route takes it"


def test_nothing_is_advised_that_does_not_help(tmp_path: Path) -> None:
    """A meshed client's HTTP to an opaque port is refused whatever is granted."""
    file = written(tmp_path, "arena.yaml", *ARENA, server(proxyProtocol="TLS"))
    code, out, _ = run("check", "pinger", "ponger/ping", file, "--output", "json")
    assert (code, json.loads(out)["change"]) == (1, None)
