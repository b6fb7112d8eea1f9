"""Progress is shown on a terminal, on stderr alone, once a question takes long, and is wiped away."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

import pytest
import yaml

from meshpolicy.cli import main, progress

from ..build import ARENA

MARK = "\a"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show each step at once."""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "PACE", 0.0)


@contextmanager
def terminal() -> Iterator[Callable[[], str]]:
    """Make stderr a real terminal; what is yielded returns what it has shown."""
    other, own = os.openpty()
    with os.fdopen(own, "w") as stderr, redirect_stderr(stderr):

        def shown() -> str:
            """Return what came before a mark that is written now: terminals deliver when they like."""
            stderr.write(MARK)
            stderr.flush()
            text = ""
            while MARK not in text:
                text += os.read(other, 65536).decode()
            return text.partition(MARK)[0]

        yield shown
    os.close(other)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of a few manifests."""
    manifests = tmp_path / "arena.yaml"
    manifests.write_text(yaml.safe_dump_all(ARENA))
    return manifests


def asked(*arguments: str | Path) -> None:
    """Run a verb with the streams as they are."""
    with pytest.raises(SystemExit):
        main([str(argument) for argument in arguments], prog_name="meshpolicy")


def test_each_stage_is_shown_and_wiped_away(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with terminal() as shown:
        asked("list", file, "--output", "json")
        told = shown()
    for line in ("read: 5", "checked: 5 of 5"):
        assert f"\rdocuments {line}" in told
    assert told.endswith("\rworkloads asked: 4 of 4\r                       \r")
    assert capsys.readouterr().out.startswith("[\n")


def test_a_short_question_shows_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 60.0)
    with terminal() as shown:
        asked("list", file, "--output", "json")
        assert shown() == ""


def test_nothing_is_shown_where_nobody_looks(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked("list", file, "--output", "json")
    assert capsys.readouterr().err == ""


def test_a_failure_wipes_progress_away_before_it_is_told() -> None:
    def items() -> Iterator[int]:
        yield from range(3)
        raise OSError("gone")

    with terminal() as shown:
        with pytest.raises(OSError, match="gone"):
            list(progress.progress(items(), "things"))
        assert shown() == "\rthings: 1\rthings: 2\rthings: 3\r         \r"
