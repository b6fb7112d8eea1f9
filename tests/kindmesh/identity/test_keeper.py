"""Who keeps the certificates, and that nobody who begins replaces a key or a root that is in use."""

from pathlib import Path

import pytest
import yaml

from kindmesh.errors import BadInput, CommandFailed, StepFailed
from kindmesh.identity.authority import as_secret, load_anchor, make_anchor
from kindmesh.identity.certmanager import CertManager
from kindmesh.identity.keeper import Keeper, SelfManagedKeeper, keeper_of
from kindmesh.identity.trustroots import bundle
from kindmesh.tools.kube import Kube

from ..standins import ROOT, items, settings, tools

ANCHOR, OTHER = make_anchor(), make_anchor()
KUBE = Kube("some")
CERTIFICATES = "certificates.cert-manager.io"
MADE = items({"metadata": {"name": "linkerd-identity-issuer"}})
UNKNOWN = f'error: the server doesn\'t have a resource type "{CERTIFICATES}"'


@pytest.mark.parametrize(
    ("without", "certificates", "secret", "keeper"),
    [
        ("", items(), "", CertManager),
        ("", MADE, "secret/linkerd-identity-issuer", CertManager),
        ("cert-manager", items(), "", SelfManagedKeeper),
        ("cert-manager", items({"metadata": {"name": "another"}}), "secret/linkerd-identity-issuer", SelfManagedKeeper),
    ],
)
def test_the_setting_says_who_keeps_the_certificates(
    *,
    without: str,
    certificates: str,
    secret: str,
    keeper: type[Keeper],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tools(tmp_path, monkeypatch, {CERTIFICATES: certificates, "secret/linkerd-identity-issuer": secret})
    assert isinstance(keeper_of(KUBE, settings(KINDMESH_WITHOUT=without)), keeper)


@pytest.mark.parametrize(
    ("without", "certificates", "hint"),
    [
        ("cert-manager", MADE, "take cert-manager out of KINDMESH_WITHOUT"),
        ("", items(), "set KINDMESH_WITHOUT=cert-manager"),
    ],
)
def test_a_setting_that_disagrees_with_the_cluster_is_refused(
    without: str, certificates: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {CERTIFICATES: certificates, "secret/linkerd-identity-issuer": "secret/linkerd-identity-issuer"}
    tools(tmp_path, monkeypatch, told)
    with pytest.raises(BadInput) as caught:
        keeper_of(KUBE, settings(KINDMESH_WITHOUT=without))
    assert hint in caught.value.hint


def test_where_cert_manager_is_unknown_it_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tmp_path, monkeypatch, {"": ""}, {CERTIFICATES: UNKNOWN})
    assert isinstance(keeper_of(KUBE, settings(KINDMESH_WITHOUT="cert-manager")), SelfManagedKeeper)


def kept(*there: str, roots: str = ANCHOR.pem) -> dict[str, object]:
    """Return a cluster where these objects are there."""
    return {
        "--ignore-not-found&secret/linkerd-identity-issuer": "it" if "issuer" in there else "",
        "--ignore-not-found&secret/linkerd-trust-anchor": "it" if "anchor" in there else "",
        "--ignore-not-found&configmap/linkerd-identity-trust-roots": "it" if "roots" in there else "",
        "secret/linkerd-trust-anchor": as_secret(ANCHOR, "linkerd-trust-anchor", ANCHOR.pem),
        "configmap/linkerd-identity-trust-roots": bundle(roots),
        "": "",
    }


@pytest.mark.parametrize(
    ("there", "created"),
    [
        ((), ["linkerd-trust-anchor", "linkerd-identity-trust-roots", "linkerd-identity-issuer"]),
        (("anchor",), ["linkerd-identity-trust-roots", "linkerd-identity-issuer"]),
        (("anchor", "roots"), ["linkerd-identity-issuer"]),
        (("anchor", "roots", "issuer"), []),
        (("issuer",), []),
    ],
)
def test_only_what_is_missing_is_made_and_the_issuer_last(
    there: tuple[str, ...], created: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, kept(*there))
    assert SelfManagedKeeper(KUBE).begin(ROOT) == len(created)
    made = [yaml.safe_load(text) for text in called.all_given(" create ")]
    assert [found["metadata"]["name"] for found in made] == created
    assert not [call for call in called.calls if " apply " in call]
    if "anchor" in there and made:
        load_anchor(made[-1]).x509.verify_directly_issued_by(ANCHOR.x509)


def test_nothing_is_signed_under_an_anchor_that_the_roots_do_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, kept("anchor", "roots", roots=OTHER.pem))
    for sign in (lambda: SelfManagedKeeper(KUBE).begin(ROOT), SelfManagedKeeper(KUBE).renew_issuer):
        with pytest.raises(StepFailed, match="the anchor in linkerd/linkerd-identity-trust-roots"):
            sign()
    assert not [call for call in called.calls if " create " in call or " apply " in call]


@pytest.mark.parametrize("without", ["", "cert-manager"])
def test_no_key_is_made_where_the_cluster_does_not_answer(
    without: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {CERTIFICATES: items(), "": ""}, {"secret/": "TLS handshake timeout"})
    with pytest.raises(CommandFailed):
        keeper_of(KUBE, settings(KINDMESH_WITHOUT=without)).begin(ROOT)
    assert not [call for call in called.calls if " create " in call or " apply " in call]
