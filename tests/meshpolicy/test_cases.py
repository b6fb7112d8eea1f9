"""The public cases: each file of tests/cases is one test."""

from pathlib import Path

import pytest

from meshpolicy.cases import read_cases
from meshpolicy.mutants import mutants, survivors
from meshpolicy.schemas import shapes
from meshpolicy.verify import Result, verify

CASES, PROBLEMS = read_cases([Path(__file__).parents[1] / "cases"])


def test_every_case_can_be_read() -> None:
    assert PROBLEMS == ()
    assert len(CASES) >= 40


@pytest.mark.parametrize("number", range(len(CASES)), ids=[Path(case.place.file).stem for case in CASES])
def test_a_case_is_as_it_was_measured(number: int) -> None:
    result = verify(CASES[number], shapes)
    assert result == Result(CASES[number], result.checked)
    assert result.checked > 0


def test_a_case_that_expects_something_else_fails_with_reasons(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "cases" / "one-account-is-admitted.yaml").read_text()
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("expect: 403", "expect: allow", 1))
    (tmp_path / "cluster.yaml").write_text((Path(__file__).parents[1] / "cases" / "cluster.yaml").read_text())
    cases, _ = read_cases([wrong])
    differences = verify(cases[0], shapes).differences
    assert [(d.expected, d.found) for d in differences] == [("allow", "403")]
    assert "wants another identity" in " ".join(differences[0].reasons)


def test_most_rules_of_the_cases_are_noticed_when_they_go() -> None:
    """Of all mutants, no more than a third survive: some objects are there to show that they do nothing."""
    *counts, (_, unnoticed) = survivors(CASES, shapes)
    tried = sum(count for count, _ in counts)
    assert tried > 150
    assert len(unnoticed) < tried / 3, [f"{s.name} {s.change} ({s.place})" for s in unnoticed]


def test_a_policy_is_dropped_and_weakened_in_turn() -> None:
    case = next(case for case in CASES if case.place.file.endswith("one-account-is-admitted.yaml"))
    assert [(mutant.name, mutant.change) for mutant in mutants(case.policies)] == [
        ("Server arena/ponger-http", "dropped"),
        ("Server arena/ponger-http", "weakened"),
        ("AuthorizationPolicy arena/pinger", "dropped"),
        ("AuthorizationPolicy arena/pinger", "weakened"),
    ]
