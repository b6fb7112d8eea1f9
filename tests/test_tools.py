"""The two tools of the set-up have one exact version wherever somebody is told to install them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("README.md", "CONTRIBUTING.md", ".ci/run", ".github/workflows/check.yml")
PINNED = re.compile(r"\b(uv|rust-just)==([\d.]*\d)")
INSTALLS = re.compile(r"\bpip.* install .*\b(?:uv|rust-just)\b")


@pytest.mark.parametrize("place", PLACES)
def test_uv_and_just_are_the_same_everywhere(place: str) -> None:
    expected = set(PINNED.findall((ROOT / ".ci/run").read_text()))
    lines = [line for line in (ROOT / place).read_text().splitlines() if INSTALLS.search(line)]
    assert {tool for tool, _ in expected} == {"uv", "rust-just"}
    assert lines
    assert [line for line in lines if set(PINNED.findall(line)) != expected] == []
