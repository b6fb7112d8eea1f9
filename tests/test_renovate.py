"""Renovate finds every version that this repository pins: none is forgotten."""

import json
import re
import tomllib
from typing import Any

import pytest

from .rendered import ROOT

CONFIG: dict[str, Any] = json.loads((ROOT / "renovate.json").read_text())
PINS = tomllib.loads((ROOT / "mesh/versions.toml").read_text())["pin"]
TEXT = (ROOT / "mesh/versions.toml").read_text()


def matches(path: str, text: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return what the managers find in a file: the data source, and the named parts of each match."""
    return [
        (manager["datasourceTemplate"], found.groupdict())
        for manager in CONFIG["customManagers"]
        if any(re.search(pattern.strip("/"), path) for pattern in manager["managerFilePatterns"])
        for expression in manager["matchStrings"]
        for found in re.finditer(expression.replace("(?<", "(?P<").replace("(?P<!", "(?<!"), text)
    ]


@pytest.mark.parametrize("pin", PINS, ids=[pin["name"] for pin in PINS])
def test_every_pin_of_the_cluster_is_found_once(pin: dict[str, Any]) -> None:
    start = TEXT.index(f'[[pin]]\nname = "{pin["name"]}"\n')
    entry = TEXT[start:].split("\n\n", 1)[0]
    ((_, found),) = matches("mesh/versions.toml", entry)
    assert found["currentValue"] == pin["version"]
    assert found.get("currentDigest") in {None, pin.get("digest")}


def test_the_whole_file_holds_no_other_match() -> None:
    assert len(matches("mesh/versions.toml", TEXT)) == len(PINS)


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", ".github/workflows/check.yml"])
def test_the_two_tools_are_found_wherever_they_are_installed(path: str) -> None:
    text = (ROOT / path).read_text()
    found = {parts["depName"] for _, parts in matches(path, text)}
    assert found == {"uv", "rust-just"}


def test_what_updates_nothing_here_is_not_enabled() -> None:
    files = {"dockerfile": "src/pingpong/Dockerfile", "mise": "mise.toml", "pep621": "pyproject.toml"}
    assert [name for name, path in files.items() if name in CONFIG["enabledManagers"] and (ROOT / path).exists()] == [
        *files
    ]
