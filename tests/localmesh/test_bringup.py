"""What `up` says when it is interrupted, or when the mesh that it started is not proved."""

from dataclasses import replace
from pathlib import Path

import pytest

from localmesh import bringup
from localmesh.settings import Settings
from localmesh.state import StateFolder
from localmesh.views import ALLOW, Answer, Proof

REFUSED = Answer("unmeshed", "ponger/", "GET /", 403, "", 0.0, "forbidden", "forbidden", ())
LET_IN = replace(REFUSED, verdict=ALLOW)


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("runs", [True, False])
def test_an_up_that_is_interrupted_while_the_mesh_runs_says_that_it_runs(
    runs: bool, short_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(StateFolder, "owner", lambda _: 1 if runs else None)
    monkeypatch.setattr(bringup, "_apply" if runs else "_show", interrupt)
    monkeypatch.setattr(bringup, "_start", lambda *_: None)
    assert bringup.bring_up(Settings(), StateFolder(short_path), "text") == 130
    assert "interrupted; the local mesh runs, and may not be proved\n" in (said := capsys.readouterr().err)
    assert "`just down` stops it" in said


@pytest.mark.parametrize(
    ("proof", "reasons"),
    [
        (Proof("", "", False, REFUSED), ["a call that proves it did not end as it should"]),
        (Proof("", "", True, LET_IN), ["a call that proves it did not end as it should"]),
        (Proof("", "", True, None, missing=("nothing to refuse",)), ["nothing to refuse"]),
        (Proof("", "", True, REFUSED, missing=("nothing to allow",)), ["nothing to allow"]),
        (
            Proof("", "", False, None, missing=("nothing to refuse",)),
            ["a call that proves it did not end as it should", "nothing to refuse"],
        ),
    ],
)
def test_one_mistake_gives_one_reason(proof: Proof, reasons: list[str]) -> None:
    assert not proof.holds
    assert list(bringup.why_unproved(proof).reasons) == [f"the local mesh runs, but {reason}" for reason in reasons]
