"""A tool has one exact version wherever somebody is told to install it."""

import re
import tomllib
from pathlib import Path

import pytest

from kindmesh.doctor import ASK
from kindmesh.pins import read_pins

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("README.md", "CONTRIBUTING.md", ".github/workflows/check.yml")
PINNED = re.compile(r"\b(uv|rust-just)==([\d.]*\d)")
INSTALLS = re.compile(r"\bpip.* install .*\b(?:uv|rust-just)\b")


@pytest.mark.parametrize("place", PLACES)
def test_uv_and_just_are_the_same_everywhere(place: str) -> None:
    expected = set(PINNED.findall((ROOT / "README.md").read_text()))
    lines = [line for line in (ROOT / place).read_text().splitlines() if INSTALLS.search(line)]
    assert {tool for tool, _ in expected} == {"uv", "rust-just"}
    assert lines
    assert [line for line in lines if set(PINNED.findall(line)) != expected] == []


def test_the_image_is_built_with_the_same_uv() -> None:
    (version,) = re.findall(
        r"^ARG UV=\S+/uv:([\d.]+)@sha256:", (ROOT / "src/pingpong/Dockerfile").read_text(), re.MULTILINE
    )
    assert ("uv", version) in PINNED.findall((ROOT / "README.md").read_text())


def test_the_scanner_of_the_manifests_is_pinned_with_all_that_it_needs() -> None:
    line = next(line for line in (ROOT / "justfile").read_text().splitlines() if "checkov==" in line)
    assert re.search(r"--exclude-newer \d{4}-\d\d-\d\d --from checkov==\d+\.\d+\.\d+ ", line)


def test_every_check_that_the_scanner_leaves_out_has_its_reason() -> None:
    lines = (ROOT / ".checkov.yaml").read_text().splitlines()
    left_out = [number for number, line in enumerate(lines) if line.startswith("  - CKV")]
    assert left_out
    assert all(lines[number - 1].startswith("  # ") for number in left_out)


def test_mise_brings_what_the_doctor_asks_for_and_nothing_that_nobody_runs() -> None:
    tools: dict[str, str] = tomllib.loads((ROOT / "mise.toml").read_text())["tools"]
    assert tools.keys() == ASK.keys()
    assert [version for version in tools.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_mise_and_the_pins_of_the_mesh_agree() -> None:
    tools, pins = tomllib.loads((ROOT / "mise.toml").read_text())["tools"], read_pins(ROOT)
    assert f"v{tools['kind']}" == pins["kind"].version
    assert f"v{tools['kubectl']}" == pins["node"].version
