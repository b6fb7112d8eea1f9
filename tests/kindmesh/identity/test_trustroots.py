"""The trust roots, as they are written and read."""

from pathlib import Path

import pytest

from kindmesh.identity.authority import make_anchor
from kindmesh.identity.trustroots import bundle, trusted
from kindmesh.tools.kube import Kube

from ..standins import tools


def test_the_roots_hold_certificates_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anchor = make_anchor()
    written = bundle(anchor.pem)
    assert "PRIVATE" not in str(written)
    tools(tmp_path, monkeypatch, {"configmap/linkerd-identity-trust-roots": written})
    assert trusted(Kube("some")) == anchor.pem
