"""Logs stay bounded while their writers go on."""

from pathlib import Path

from localmesh.logs import aside, trim


def test_a_long_log_is_moved_aside_and_its_writer_goes_on_at_the_new_start(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    with log.open("a") as writer:
        writer.write("x" * 100)
        writer.flush()
        trim([log], longest=99)
        writer.write("on")
    assert log.read_text() == "on"
    aside = tmp_path / "app.log.1"
    assert aside.read_text() == "x" * 100
    assert aside.stat().st_mode & 0o077 == 0


def test_a_log_that_cannot_be_kept_is_emptied_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("x" * 100)
    aside(log).mkdir()
    trim([log], longest=99)
    assert log.read_text() == ""


def test_a_short_log_and_a_missing_one_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("short")
    trim([tmp_path / "app.log", tmp_path / "none.log"], longest=5)
    assert [entry.name for entry in tmp_path.iterdir()] == ["app.log"]
