"""A rotation beside cert-manager: it renews, trust-manager publishes, and no key leaves its Secret."""

import base64
import json
from pathlib import Path

import pytest
import yaml

from kindmesh.identity.authority import make_anchor
from kindmesh.identity.certmanager import UNFINISHED, CertManager, renew
from kindmesh.identity.trustroots import bundle
from kindmesh.tools.kube import Kube

from ..standins import Tools, tools

OLD, NEW = make_anchor(), make_anchor()
CERTIFICATE = {
    "metadata": {"generation": 3},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Issuing", "status": "False"}]},
}


def secret(pem: str, *marks: str) -> dict[str, object]:
    annotations = {"annotations": dict.fromkeys(marks, "so")} if marks else {}
    return {"metadata": annotations, "data": {"tls.crt": base64.b64encode(pem.encode()).decode()}}


def cluster(
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    anchors: tuple[str, ...],
    previous: str,
    published: tuple[str, ...],
    marks: tuple[str, ...] = (),
) -> Tools:
    answers = {
        "configmap/linkerd-identity-trust-roots": tuple(bundle(roots.rstrip()) for roots in published),
        "get&certificate/": CERTIFICATE,
        "secret/linkerd-trust-anchor": tuple(secret(pem) for pem in anchors),
        "secret/linkerd-previous-anchor": secret(previous, *marks),
        "secret/linkerd-identity-issuer": (secret(OLD.pem), secret(NEW.pem)),
        "apply": {"items": []},
        "": "",
    }
    return tools(folder, patch, answers)


def test_a_new_anchor_is_asked_for_and_both_are_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = cluster(
        *(tmp_path, monkeypatch),
        anchors=(OLD.pem, OLD.pem, NEW.pem),
        previous=OLD.pem,
        published=(OLD.pem, NEW.pem + OLD.pem),
    )
    CertManager(Kube("some")).trust_both()
    (asked,) = [call for call in called.calls if " patch " in call]
    assert "-n cert-manager patch certificate/linkerd-trust-anchor --subresource=status" in asked
    # It asked until both were there.
    assert len([call for call in called.calls if "linkerd-identity-trust-roots" in call]) == 2


@pytest.mark.parametrize(
    ("anchor", "previous", "marks", "pending"),
    [
        (OLD.pem, OLD.pem, (), False),
        (NEW.pem, OLD.pem, (), True),
        (NEW.pem, NEW.pem, (UNFINISHED,), True),
        (NEW.pem, NEW.pem, ("another",), False),
    ],
    ids=["none began", "before the old one is dropped", "before the proxies forget it", "finished"],
)
def test_a_rotation_is_pending_until_no_proxy_trusts_the_old_anchor_and_renews_once(
    *,
    anchor: str,
    previous: str,
    marks: tuple[str, ...],
    pending: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published = (anchor + previous,)
    called = cluster(tmp_path, monkeypatch, anchors=(anchor,), previous=previous, published=published, marks=marks)
    keeper = CertManager(Kube("some"))
    assert keeper.pending() is pending
    if pending:
        keeper.trust_both()
    assert not [call for call in called.calls if " patch " in call]


def test_the_old_anchor_is_dropped_with_a_mark_that_stays_until_the_end_and_without_the_new_ones_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = cluster(
        *(tmp_path, monkeypatch), anchors=(NEW.pem,), previous=OLD.pem, published=(OLD.pem + NEW.pem, NEW.pem)
    )
    keeper = CertManager(Kube("some"))
    keeper.drop_old()
    keeper.finish()
    dropped, finished = (yaml.safe_load(text) for text in called.all_given(" apply "))
    assert dropped["data"] == finished["data"] == secret(NEW.pem)["data"]
    assert list(dropped["metadata"]["annotations"]) == [UNFINISHED]
    assert finished["metadata"] == {"name": "linkerd-previous-anchor", "namespace": "cert-manager"}


def test_a_renewal_is_a_condition_and_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = cluster(tmp_path, monkeypatch, anchors=(OLD.pem,), previous=OLD.pem, published=(OLD.pem,))
    renew(Kube("some"), "linkerd", "linkerd-identity-issuer")
    asked = next(call for call in called.calls if " patch " in call)
    conditions = json.loads(asked.partition(" -p ")[2])["status"]["conditions"]
    assert [(found["type"], found["status"]) for found in conditions] == [("Ready", "True"), ("Issuing", "True")]
    assert conditions[1]["observedGeneration"] == 3
