"""The project's cases on real Envoys: they end as they were measured, and a wrong one is found out."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from localmesh.cases.report import words
from localmesh.cli import main

CASES = Path(__file__).parents[2] / "cases"


@pytest.mark.envoy
def test_all_cases_end_on_envoy_as_they_did_on_linkerd() -> None:
    outcome = CliRunner().invoke(main, ["test", str(CASES), "--output", "json"])
    found = json.loads(outcome.stdout)
    assert found["differences"] == []
    assert found["agreed"] > 100
    missing = [name for names in found["not_played"].values() for name in names]
    assert any("a-regular-expression-must-span-the-path.yaml: club/pinger" in name for name in missing)
    assert outcome.exit_code == 0


@pytest.mark.envoy
def test_a_name_that_stands_for_two_servers_is_played_once_and_the_rest_named(tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_bytes((CASES / "cluster.yaml").read_bytes())
    calls = "".join(
        f"\n  - {{from: club/pinger, to: 'arena/{name}:8080', authority: x.example, expect: 403}}"
        for name in ("guard", "ponger")
    )
    (tmp_path / "two.yaml").write_text(f"description: Two.\nbase: cluster.yaml\npolicies: []\nrequests:{calls}\n")
    outcome = CliRunner().invoke(main, ["test", str(tmp_path / "two.yaml"), "--output", "junit"])
    first, second = ElementTree.fromstring(outcome.stdout)  # noqa: S314 written by this program
    assert (first.get("name"), len(first)) == ("club/pinger -> arena/guard:8080 http /", 0)
    assert second.get("name") == "club/pinger -> arena/ponger:8080 http /"
    assert "by its name, which had another" in str(second[0].get("message"))


@pytest.mark.envoy
def test_a_header_of_several_lines_is_not_played_and_named(tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_bytes((CASES / "cluster.yaml").read_bytes())
    call = "{from: club/pinger, to: 'arena/ponger:8080', headers: {x-env: [a, b]}, expect: 403}"
    (tmp_path / "lines.yaml").write_text(f"description: Lines.\nbase: cluster.yaml\npolicies: []\nrequests: [{call}]\n")
    outcome = CliRunner().invoke(main, ["test", str(tmp_path / "lines.yaml")])
    assert "1 not played: Envoy joins the lines of one header by commas" in outcome.stdout


@pytest.mark.envoy
@pytest.mark.parametrize("expression", ["/[a-z&&[^x]]+", "/a++", "/a|/ab"])
def test_a_regular_expression_that_envoy_may_read_otherwise_is_not_played_and_named(
    expression: str, tmp_path: Path
) -> None:
    (tmp_path / "cluster.yaml").write_bytes((CASES / "cluster.yaml").read_bytes())
    case = (CASES / "a-regular-expression-must-span-the-path.yaml").read_text()
    path = re.search(r"type: RegularExpression, value: ([^}]*)", case)
    assert path is not None
    (tmp_path / "one.yaml").write_text(case.replace(path[1], json.dumps(expression)))
    outcome = CliRunner().invoke(main, ["test", str(tmp_path / "one.yaml")])
    assert "not played: Envoy may read a regular expression of a route in another way" in outcome.stdout


@pytest.mark.envoy
def test_a_case_that_expects_what_does_not_happen_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_bytes((CASES / "cluster.yaml").read_bytes())
    right = (CASES / "a-label-is-no-identity.yaml").read_text()
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(right.replace("'arena/ponger:8080', expect: 403", "'arena/ponger:8080', expect: allow"))
    outcome = CliRunner().invoke(main, ["test", str(wrong)])
    assert outcome.exit_code == 1
    assert "club/pinger -> arena/ponger:8080 http: expected allow, found 403" in outcome.stdout.replace(" /:", ":")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [", "case.yaml:2: invalid YAML"),
        ("manifests: []", "there are no cases"),
        ("requests: 1", "case.yaml:1, requests"),
    ],
)
def test_a_case_that_cannot_be_read_is_bad_input(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "case.yaml").write_text(text)
    outcome = CliRunner().invoke(main, ["test", str(tmp_path / "case.yaml")])
    assert outcome.exit_code == 2
    assert complaint in outcome.stderr


@pytest.mark.parametrize(
    ("outcomes", "text"),
    [({"allow": 1}, "allow"), ({"allow": 5, "429": 15}, "15 429, 5 allow"), ({"429": 20}, "20 429")],
)
def test_outcomes_read_like_words(outcomes: Mapping[str, int], text: str) -> None:
    assert words(outcomes) == text
