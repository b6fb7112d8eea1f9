"""`accept` and `list --accepted`: what someone has agreed to, and that nothing else is lost by writing it down."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from meshpolicy.cases.accepted import read_accepted, violations

from ..build import ARENA, account, allow, cluster, server
from ..command import OWN, run, written

AGREED = ("--owner", "team", "--reason", "needed")


def test_access_that_nobody_accepted_fails(tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.yaml"
    assert run("accept", accepted, *OWN, "--owner", "team", "--reason", "first count")[0] == 0
    assert run("list", *OWN, "--accepted", accepted)[0] == 0
    entries = yaml.safe_load(accepted.read_text())["access"]
    assert {entry["owner"] for entry in entries} == {"team"}
    more = written(tmp_path, "more.yaml", *ARENA)
    code, _, told = run("list", *OWN, more, "--accepted", accepted)
    assert code == 1
    assert "not accepted: anyone -> arena/ponger:8080" in told
    later = ("--owner", "other", "--reason", "arena", "--expires", "2031-01-31")
    explained = run("accept", accepted, *OWN, more, *later, "--explain")[2].splitlines()
    assert explained == [
        "accepted: anyone -> arena/ponger:8080 anything",
        "accepted: anyone -> arena/ponger:9090 anything",
        f"{accepted}: 2 new, 0 gone",
    ]
    assert {str(entry.get("expires", "")) for entry in yaml.safe_load(accepted.read_text())["access"]} == {
        "",
        "2031-01-31",
    }
    entries = yaml.safe_load(accepted.read_text())["access"]
    assert {entry["owner"] for entry in entries} == {"team", "other"}
    assert run("list", *OWN, more, "--accepted", accepted)[0] == 0


def test_accepted_entries_expire_and_must_be_needed(tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    entry = {"server": "arena/ponger", "port": 9090, "client": "anyone", "requests": "every request"}
    said = {**entry, "owner": "o", "reason": "r", "expires": "2026-01-31"}
    file.write_text(yaml.safe_dump({"access": [{**said, "port": 8080}, said]}))
    one = cluster(*ARENA)
    assert violations(one, read_accepted(str(file), one.settings), date(2026, 1, 31)) == []
    assert "expired on 2026-01-31" in violations(one, read_accepted(str(file), one.settings), date(2026, 2, 1))[0]
    none = cluster(*ARENA, server("metrics", 9090))
    (stale,) = violations(none, read_accepted(str(file), none.settings), date(2026, 1, 1))
    assert "accepts what is not granted" in stale
    file.write_text(yaml.safe_dump({"access": [{**entry, "expires": "soon"}]}))
    code, _, told = run("list", *OWN, "--accepted", file)
    assert code == 2
    assert [line.partition(": ")[0].rpartition(", ")[2] for line in told.splitlines()] == [
        "access[0].owner",
        "access[0].reason",
        "access[0].expires",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n", ":1, access: is missing: this is not a file"),
        ("access: []\n---\nkind: Pod\n", ":3, access: is missing: this is not a file of accepted access"),
        ("all of it\n", "is a text, where an object is expected"),
        ("access: [{server: a/b}]\n", "access[0].owner: is missing"),
    ],
)
def test_a_file_of_something_else_is_left_as_it_is(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(text)
    code, _, told = run("accept", file, *OWN, *AGREED)
    assert (code, message in told, file.read_text()) == (2, True, text), told
    assert run("list", *OWN, "--accepted", file)[0] == 2


def test_a_file_in_no_folder_is_told(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "accepted.yaml"
    told = run("accept", file, *OWN, *AGREED)
    assert told == (2, "", f"{file}: cannot be written: No such file or directory\n")


@pytest.mark.parametrize("text", ["", "access: []\n", "# agreed\naccess:\n"])
def test_a_file_without_entries_is_filled(text: str, tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    file.write_text(text)
    assert run("accept", file, *OWN, *AGREED)[0] == 0
    assert run("list", *OWN, "--accepted", file)[0] == 0


def test_what_is_not_granted_any_more_goes_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    two = written(tmp_path, "two.yaml", *ARENA, server(), allow(account("pinger")), allow(account("rogue"), name="b"))
    one = written(tmp_path, "one.yaml", *ARENA, server(), allow(account("pinger")))
    run("accept", file, two, *AGREED)
    assert run("accept", file, one, *AGREED)[2].splitlines() == [
        "gone: arena/rogue -> arena/ponger:8080 anything (team: needed)",
        f"{file}: 0 new, 1 gone",
    ]
    assert "rogue" not in file.read_text()


def test_a_file_that_cannot_be_finished_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*paths: Path) -> None:
        raise OSError(28, "No space left on device", *map(str, paths))

    file, link = tmp_path / "accepted.yaml", tmp_path / "link.yaml"
    file.write_text("access: []\n")
    file.chmod(0o640)
    link.symlink_to(file)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        told = run("accept", link, *OWN, *AGREED)
    assert told == (2, "", f"{link}: cannot be written: No space left on device\n")
    assert (file.read_text(), sorted(p.name for p in tmp_path.iterdir())) == ("access: []\n", [file.name, link.name])
    assert run("accept", link, *OWN, *AGREED)[0] == 0
    assert run("accept", "/dev/null", *OWN, *AGREED)[0] == 0
    assert Path("/dev/null").is_char_device()
    assert (link.is_symlink(), file.stat().st_mode & 0o777) == (True, 0o640)


def test_a_file_of_the_old_form_keeps_what_it_says(tmp_path: Path) -> None:
    """Without `format`, `every request` meant anything that the port takes."""
    file = tmp_path / "accepted.yaml"
    assert run("accept", file, *OWN, *AGREED)[0] == 0
    new = file.read_text()
    old = new.replace("format: 2\n", "").replace("requests: every request", "requests: connections")
    assert old.count("requests: connections") == 2
    file.write_text(old)
    assert run("list", *OWN, "--accepted", file)[0] == 0
    told = run("accept", file, *OWN, "--owner", "somebody else", "--reason", "another")
    assert told == (0, "", f"{file}: 0 new, 0 gone\n")
    assert file.read_text() == new


def test_an_old_entry_for_what_is_not_granted_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    entry = (
        "{server: pingpong/ponger, port: 9090, client: pingpong/pinger, requests: every request, owner: o, reason: r}"
    )
    file.write_text(f"access: [{entry}]")
    _, _, told = run("accept", file, *OWN, *AGREED)
    assert told == (f"gone: pingpong/pinger -> pingpong/ponger:9090 anything (o: r)\n{file}: 6 new, 1 gone\n")
