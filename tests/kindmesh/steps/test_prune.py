"""A policy that was applied from here and is no longer written is deleted; whatever is another's stays."""

from pathlib import Path

import pytest

from kindmesh.steps.prune import prune
from kindmesh.tools.kube import Object

from ..standins import items, site, tools

KIND = "authorizationpolicies.policy.linkerd.io"


def policy(name: str, namespace: str = "pingpong", version: str = "v1alpha1", manager: str = "kindmesh") -> Object:
    """Return a grant as the cluster holds it."""
    metadata = {"name": name, "namespace": namespace, "managedFields": [{"manager": "kubectl"}, {"manager": manager}]}
    return {"apiVersion": f"policy.linkerd.io/{version}", "kind": "AuthorizationPolicy", "metadata": metadata}


@pytest.mark.parametrize(
    ("there", "deleted"),
    [
        (policy("old"), True),
        (policy("old", "tracing"), True),
        (policy("written"), False),
        (policy("written", version="v1"), False),
        (policy("written", "ingress"), True),
        (policy("old", manager="helm"), False),
        (policy("old", "somebody-elses"), False),
    ],
)
def test_what_is_no_longer_written_goes(
    there: Object, deleted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {KIND: items(there), " get ": items()})
    said: list[str] = []
    assert prune(site(said, KINDMESH_CONTEXT="some"), [policy("written")]) == int(deleted)
    namespace, name = there["metadata"]["namespace"], there["metadata"]["name"]
    gone = [call for call in called.calls if " delete " in call]
    expected = f"kubectl --context some -n {namespace} delete {KIND} {name} --ignore-not-found"
    assert gone == ([expected] if deleted else [])
    assert [line.startswith(f"- AuthorizationPolicy {namespace}/{name} is deleted") for line in said] == [
        True
    ] * deleted


def test_every_kind_that_opens_a_way_is_looked_at_and_an_unknown_one_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = 'error: the server doesn\'t have a resource type "servers"'
    old = items(policy("old"))
    called = tools(tmp_path, monkeypatch, {KIND: old, " get ": items()}, {"servers.policy.linkerd.io": unknown})
    assert prune(site(KINDMESH_CONTEXT="some"), []) == 1
    asked = {call.split()[5] for call in called.calls if " get " in call}
    assert asked >= {
        *(f"{kind}.policy.linkerd.io" for kind in ("servers", "httproutes", "meshtlsauthentications")),
        *("networkpolicies.networking.k8s.io", "httproutes.gateway.networking.k8s.io"),
    }
