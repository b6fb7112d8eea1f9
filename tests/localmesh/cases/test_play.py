"""The project's cases on real Envoys: they end as they were measured, and a wrong one is found out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
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
    assert any("a-route-on-a-service-is-the-clients.yaml" in name for name in missing)
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


CASE_OF_AN_EXPRESSION = "a-regular-expression-must-span-the-path.yaml"


@pytest.mark.envoy
@pytest.mark.parametrize("expression", ["/[a-z&&[^b]]+", "/a++", r"/[[:alpha:]]\b{end}", "(?x) /a # or so", "/a|/ab"])
def test_a_regular_expression_of_rusts_is_played_as_linkerd_reads_it(expression: str, tmp_path: Path) -> None:
    played = _played(expression, tmp_path)
    assert (played["agreed"], played["differences"], played["not_played"]) == (2, [], {})


@pytest.mark.envoy
def test_a_regular_expression_that_envoy_cannot_be_given_is_not_played_and_named(tmp_path: Path) -> None:
    (reason,) = _played("/a{50000}|/a", tmp_path)["not_played"]
    assert reason.startswith("Envoy cannot be given a regular expression of a route")


def _played(expression: str, folder: Path) -> dict[str, Any]:
    """Play the case with another expression, which also matches /a and not /ab."""
    (folder / "cluster.yaml").write_bytes((CASES / "cluster.yaml").read_bytes())
    case = (CASES / CASE_OF_AN_EXPRESSION).read_text()
    (folder / "one.yaml").write_text(case.replace("value: /a|/ab", f"value: {json.dumps(expression)}"))
    outcome = CliRunner().invoke(main, ["test", str(folder / "one.yaml"), "--output", "json"])
    return dict(json.loads(outcome.stdout))


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
