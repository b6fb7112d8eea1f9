"""The threat model names what exists: files, tests, findings and lines of `verify`."""

import re
from pathlib import Path

import pytest

from meshpolicy.findings.registry import codes

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/concepts/threat-model.md").read_text()
ROWS = {row[1]: row for row in (line.split(" | ") for line in TEXT.splitlines()) if re.fullmatch(r"\| \d+", row[0])}
VERIFIED = (ROOT / "docs/findings.md").read_text()
NAMED = re.compile(r"`([\w./-]+?)(?:::(\w+))?`")

each = pytest.mark.parametrize("threat", ROWS)


def test_every_threat_has_its_number_and_six_columns() -> None:
    assert [row[0] for row in ROWS.values()] == [f"| {number}" for number in range(1, len(ROWS) + 1)]
    assert {len(row) for row in ROWS.values()} == {6}


@each
def test_the_control_of_a_threat_is_in_a_file(threat: str) -> None:
    found = NAMED.findall(ROWS[threat][4])
    assert found
    assert all((ROOT / path).exists() for path, _ in found), found


@each
def test_a_threat_is_shown_by_something_that_exists(threat: str) -> None:
    shown = ROWS[threat][5]
    tests = NAMED.findall(shown)
    lines = re.findall(r'verify: "(.+?)"', shown)
    findings = re.findall(r"MP\d{3}", shown)
    assert tests or findings
    for path, name in tests:
        assert f"def {name}(" in (ROOT / path).read_text() if name else (ROOT / path).is_file(), (path, name)
    assert [line for line in lines if f"✓  {line} " not in VERIFIED] == []
    assert set(findings) <= {code.code for code in codes()}
