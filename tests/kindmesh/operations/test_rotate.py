"""A rotation of the anchor: nothing in use is dropped, and a broken one goes on with the anchor that it had made."""

from pathlib import Path

import pytest
import yaml

from kindmesh.errors import CommandFailed, StepFailed
from kindmesh.identity.authority import as_secret, load_anchor, make_anchor
from kindmesh.identity.keeper import NEXT
from kindmesh.identity.trustroots import bundle
from kindmesh.operations.rotate import issuer_events, noticed_by_all, phases_of_anchor, phases_of_issuer
from kindmesh.steps.step import Site
from kindmesh.tools.kube import Kube
from meshidentity.certificates import TrustAnchor

from ..standins import Tools, items, site, tools

OLD, EARLIER = make_anchor(), make_anchor()


def stored(trusted: str, following: TrustAnchor | None, then: str = "") -> dict[str, object]:
    """Return a cluster that trusts these anchors, now and when asked again, with or without the next one stored."""
    return {
        "certificates.cert-manager.io": items(),
        "configmap/linkerd-identity-trust-roots": (bundle(trusted), bundle(then or trusted)),
        f"secret/{NEXT}": as_secret(following, NEXT, following.pem) if following else "",
        "apply": {"items": []},
        "": "",
    }


def alone() -> Site:
    """Return a site whose anchors are made here."""
    return site(KINDMESH_CONTEXT="some", KINDMESH_WITHOUT="cert-manager")


def applied(called: Tools) -> dict[str, str]:
    """Return the bundle that was applied last."""
    found: dict[str, str] = yaml.safe_load(called.given(" apply "))["data"]
    return found


def test_the_new_anchor_is_stored_before_it_is_trusted_and_must_stay_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, stored(OLD.pem, None))
    phases = phases_of_anchor(alone())
    assert not [call for call in called.calls if " apply " in call]
    with pytest.raises(StepFailed, match="expected the anchor in linkerd/linkerd-identity-trust-roots"):
        # Somebody undoes what was published.
        phases[0].change()
    secret, roots = (yaml.safe_load(called.given(verb)) for verb in (" create ", " apply "))
    assert secret["metadata"]["name"] == NEXT
    assert roots["data"]["ca-bundle.crt"] == OLD.pem + load_anchor(secret).pem


@pytest.mark.parametrize("trusted", [OLD.pem, OLD.pem + EARLIER.pem], ids=["not yet trusted", "trusted"])
def test_a_rotation_that_broke_off_goes_on_with_its_anchor(
    trusted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, stored(trusted, EARLIER, OLD.pem + EARLIER.pem))
    phases_of_anchor(alone())[0].change()
    assert applied(called)["ca-bundle.crt"] == OLD.pem + EARLIER.pem


def test_the_stored_anchor_is_removed_when_all_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, stored(OLD.pem, None))
    phases_of_anchor(alone())[-1].change()
    assert f"delete secret {NEXT}" in called.calls[-1]
    assert "rollout status" in called.calls[-2]


def test_a_cluster_that_does_not_answer_is_not_taken_for_one_without_a_next_anchor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, stored(OLD.pem, None), {f"secret/{NEXT}": "refused"})
    with pytest.raises(CommandFailed):
        phases_of_anchor(alone())[0].change()


def test_the_issuer_waits_for_a_rotation_of_the_anchor_that_broke_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, stored(OLD.pem, EARLIER))
    with pytest.raises(StepFailed) as caught:
        phases_of_issuer(alone())
    assert "`kindmesh rotate anchor`" in caught.value.hint
    assert not [call for call in called.calls if " apply " in call]


@pytest.mark.parametrize(
    ("replicas", "after", "noticed"),
    [
        (1, ["7"], False),
        (1, ["7", "9"], True),
        (1, ["8"], True),
        (1, ["9"], True),
        (2, ["7", "9"], False),
        (2, ["8", "9"], True),
        (2, ["7", "9", "10"], True),
        (3, ["8", "9"], False),
    ],
)
def test_an_issuer_is_noticed_when_every_replica_has_told_since(
    replicas: int, after: list[str], noticed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [items(*({"metadata": {"resourceVersion": version}} for version in found)) for found in (["7"], after)]
    identity = {"spec": {"replicas": replicas}}
    tools(tmp_path, monkeypatch, {"get&events": tuple(events), "deployment/linkerd-identity": identity})
    kube = Kube("some")
    assert noticed_by_all(kube, issuer_events(kube)) is noticed
