"""What `down` removes: all of a cluster that is ours, and on another's only what `up` brought there."""

import re
from pathlib import Path

import pytest

from kindmesh.takedown import take_down

from .tools import site, tools

OTHERS = "somebody-elses"


def test_a_cluster_that_is_ours_is_removed_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, {"get clusters": "other\npingpong\n", "delete cluster": ""})
    take_down(site())
    assert called.calls == ["kind get clusters", "kind delete cluster --name pingpong"]


def test_where_there_is_none_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = tools(tmp_path, monkeypatch, {"get clusters": "pingpong-of-another\n"})
    said: list[str] = []
    take_down(site(said))
    assert (called.calls, said) == (["kind get clusters"], ["There is no cluster."])


@pytest.mark.parametrize("without", ["", "cert-manager"])
def test_anothers_cluster_stays_and_so_does_what_up_did_not_bring(
    without: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {"": ""})
    take_down(site(KINDMESH_CONTEXT=OTHERS, KINDMESH_WITHOUT=without))
    text = "\n".join(called.calls)
    assert "kind " not in text.replace("kindmesh", "")
    assert all(re.search(rf"context {OTHERS} ", call) for call in called.calls)
    assert ("cert-manager" in text, "trust-manager" in text) == (not without, not without)
    assert "customresourcedefinition" not in text
    assert text.index("namespace pingpong") < text.index("uninstall linkerd-control-plane")
