"""Who may read the keys of the mesh, as the API server tells it."""

from pathlib import Path

import pytest

from kindmesh.tools.kube import Kube
from kindmesh.verify.keys import SIGNING, verify_keys
from meshverify.finding import failed

from ..standins import settings, tools

DENIED = f"Error from server (Forbidden): ValidatingAdmissionPolicy '{SIGNING}' with binding '{SIGNING}' denied request"


def names(folder: Path, patch: pytest.MonkeyPatch, can: str, denied: str, **environment: str) -> list[str]:
    """Return what is found amiss where everybody `can` or cannot read, and a forged certificate is denied or not."""
    tools(
        folder,
        patch,
        {"can-i": can, "get&serviceaccount/": "serviceaccount/one\n", "": "{}"},
        {"--dry-run=server": denied} if denied else {},
    )
    chosen = settings(KINDMESH_CONTEXT="some", **environment)
    return [finding.name for finding in failed(verify_keys(Kube("some"), chosen))]


def test_keys_that_nobody_reads_and_an_anchor_that_signs_for_nobody_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert names(tmp_path, monkeypatch, "no\n", DENIED) == []


def test_an_account_that_reads_the_keys_is_named_with_the_namespace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = names(tmp_path, monkeypatch, "yes\n", DENIED)
    assert len(found) == 8
    assert "traefik may read Secrets of cert-manager" in found


@pytest.mark.parametrize("said", ["", "connection refused"])
def test_a_certificate_that_is_signed_or_refused_for_another_cause_is_found(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert names(tmp_path, monkeypatch, "no\n", said) == ["a certificate of the mesh for anybody"]


def test_without_cert_manager_there_is_nobody_to_ask_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names(tmp_path, monkeypatch, "no\n", "", KINDMESH_WITHOUT="cert-manager") == []
