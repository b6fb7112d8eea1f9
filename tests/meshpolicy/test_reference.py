"""The reference has a page for each verb and each code, as they would be written now."""

from pathlib import Path

from meshpolicy import reference
from meshpolicy.cli import VERBS
from meshpolicy.findings.registry import codes

from .command import ROOT

FOLDER = ROOT / "docs" / "reference"


def test_every_verb_and_every_code_has_its_page_as_it_is_now() -> None:
    assert reference.stale(FOLDER) == []
    assert {file.stem for file in (FOLDER / "meshpolicy").iterdir()} == set(VERBS)
    assert {file.stem for file in (FOLDER / "findings").iterdir()} == {code.code for code in codes()}


def test_pages_are_written_compared_and_removed(tmp_path: Path) -> None:
    assert reference.run(["pages", str(tmp_path)]) == 0
    gone = tmp_path / "findings" / "MP999.md"
    gone.write_text("x")
    (tmp_path / "meshpolicy" / "list.md").write_text("x")
    assert reference.stale(tmp_path) == ["findings/MP999.md", "meshpolicy/list.md"]
    assert reference.run(["pages", str(tmp_path), "--check"]) == 1
    reference.write(tmp_path)
    assert reference.stale(tmp_path) == []
    assert not gone.exists()
