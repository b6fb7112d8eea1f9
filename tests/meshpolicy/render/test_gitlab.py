"""Findings as GitLab reads them."""

import json
from pathlib import Path
from typing import Any

from ..build import ARENA, server
from ..command import run, written

KEYS = {"description", "check_name", "fingerprint", "severity", "location"}
SEVERITIES = {"info", "minor", "major", "critical", "blocker"}
"""The severities that GitLab knows."""


def report(folder: Path) -> list[dict[str, Any]]:
    """Return the report on a folder."""
    found: list[dict[str, Any]] = json.loads(run("lint", folder, "--notes", "--output", "gitlab")[1])
    return found


def test_each_finding_is_there_with_its_line_and_a_fingerprint_of_its_own(tmp_path: Path) -> None:
    written(tmp_path, "a.yaml", *ARENA, server(), server("other"))
    found = report(tmp_path)
    told = json.loads(run("lint", tmp_path, "--notes", "--output", "json")[1])
    assert [(one["check_name"], one["location"]["path"], one["location"]["lines"]["begin"]) for one in found] == [
        (one["code"], one["file"], one["line"] or 1) for one in told
    ]
    assert found
    assert all(one.keys() == KEYS and one["severity"] in SEVERITIES for one in found)
    assert len({one["fingerprint"] for one in found}) == len(found)


def test_a_finding_that_moves_keeps_its_fingerprint(tmp_path: Path) -> None:
    written(tmp_path, "a.yaml", *ARENA, server())
    before = report(tmp_path)
    file = tmp_path / "a.yaml"
    file.write_text("# one line more\n" + file.read_text())
    after = report(tmp_path)
    assert [one["fingerprint"] for one in after] == [one["fingerprint"] for one in before]
    assert [one["location"] for one in after] != [one["location"] for one in before]


def test_without_findings_it_is_an_empty_list(tmp_path: Path) -> None:
    written(tmp_path, "a.yaml", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    assert report(tmp_path) == []
