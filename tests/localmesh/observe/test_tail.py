"""Each line of a log is read once and in order, while it grows and while it is emptied."""

import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.logs import trim
from localmesh.observe import tail
from localmesh.observe.tail import Tail

steps = st.lists(st.one_of(st.integers(1, 40), st.sampled_from(["read", "trim", "half"])), max_size=25)


def read_all(found: Tail) -> list[str]:
    lines: list[str] = []
    while new := found.lines():
        lines += new
    return lines


@settings(max_examples=80, deadline=None)
@given(steps)
def test_every_line_is_read_once_and_in_order(found: list[int | str]) -> None:
    with TemporaryDirectory() as folder, (log := Path(folder) / "access.log").open("a") as writer:
        reader, written, seen, count = Tail(log, 0.0), "", [], 0
        for step in found:
            if isinstance(step, int):
                lines = "".join(f'{{"n": {count + number}}}\n' for number in range(step))
                count += step
                writer.write(lines)
                written += lines
            elif step == "half":
                writer.write('{"half": ')
                writer.flush()
                seen += read_all(reader)
                writer.write("1}\n")
                written += '{"half": 1}\n'
            writer.flush()
            if step == "read":
                seen += read_all(reader)
            elif step == "trim":
                # Two parts are kept: whoever reads more seldom than the log is emptied loses lines.
                seen += read_all(reader)
                trim([log], longest=0)
        seen += read_all(reader)
    assert seen == written.splitlines()


def test_what_was_written_between_the_last_look_and_the_emptying_is_read_from_the_part_that_is_kept(
    tmp_path: Path,
) -> None:
    log = tmp_path / "access.log"
    log.write_text("1\n")
    reader = Tail(log, 0.0)
    assert read_all(reader) == ["1"]
    with log.open("a") as writer:
        writer.write("2\n3\n")
    trim([log], longest=0)
    with log.open("a") as writer:
        writer.write("4\n")
    assert read_all(reader) == ["2", "3", "4"]


def test_another_file_of_the_same_name_is_read_from_its_start(tmp_path: Path) -> None:
    log, other = tmp_path / "access.log", tmp_path / "other"
    log.write_text("1\n2\n")
    reader = Tail(log, 0.0)
    assert read_all(reader) == ["1", "2"]
    other.write_text("3\n4\n5\n")
    other.replace(log)
    assert read_all(reader) == ["3", "4", "5"]


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    reader = Tail(tmp_path / "access.log", 0.0)
    assert read_all(reader) == []
    (tmp_path / "access.log").write_text("1\n")
    assert read_all(reader) == ["1"]


@pytest.mark.parametrize("emptied", [False, True])
def test_reading_begins_with_the_block_that_holds_the_wanted_time(
    emptied: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "BLOCK", 400)
    log = tmp_path / "access.log"
    lines = [json.dumps({"time": datetime.fromtimestamp(second, UTC).isoformat()}) for second in range(1000)]
    log.write_text("".join(f"{line}\n" for line in lines))
    if emptied:
        trim([log], longest=0)
    found = read_all(Tail(log, 900.0))
    assert found == lines[-len(found) :]
    assert 100 <= len(found) <= 120


def test_a_line_longer_than_a_block_is_left_out_and_the_lines_around_it_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "BLOCK", 100)
    log = tmp_path / "access.log"
    for length in (100, 101, 199, 200, 201, 1000):
        log.write_text("1\n")
        reader = Tail(log, 0.0)
        assert read_all(reader) == ["1"]
        with log.open("a") as writer:
            writer.write("x" * length)
            writer.flush()
            assert read_all(reader) == []
            writer.write("\n" + "y" * length + "\n2\n3\n")
        assert read_all(reader) == ["2", "3"]
