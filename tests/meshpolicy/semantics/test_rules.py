"""Every rule that the tool names has its sentence, and is told where a person asks for it."""

import re
from pathlib import Path

import pytest

from meshpolicy.cases.case import Case
from meshpolicy.cases.read import read_cases
from meshpolicy.semantics.rule import Evidence, Rule
from meshpolicy.semantics.rules import RULES, sentences

from ..command import OWN, ROOT, run

CASES, _ = read_cases([ROOT / "tests" / "cases"])
CITED = re.compile(r"\b([RMN])([1-9]\d{0,2})(?:-[RMN](\d+))?\b")
LINT_CODES = re.compile(r"noqa: .*")
FOLDERS = ("src/meshpolicy", "src/localmesh", "docs", "tests/cases", "tests/meshpolicy", "tests/localmesh")
KINDS = (".py", ".md", ".yaml")
SOURCE = re.compile(
    r"linkerd2(-proxy(-init)?)? [\w/.-]+( \w[\w:.]*)*|(Kubernetes|Network Policy API) [\w./]+( \w+)?|measured"
)


def cited(text: str) -> set[str]:
    """Return the numbers of the rules that a text names; `R1-R4` names four."""
    found: set[str] = set()
    for letter, first, last in CITED.findall(LINT_CODES.sub("", text)):
        found |= {f"{letter}{number}" for number in range(int(first), int(last or first) + 1)}
    return found


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_rule_that_is_cited_has_an_entry(folder: str) -> None:
    files = [file for file in (ROOT / folder).rglob("*") if file.suffix in KINDS]
    missing = {file.name: cited(file.read_text()) - RULES.keys() for file in files}
    assert {name: numbers for name, numbers in missing.items() if numbers} == {}


def test_nothing_cites_a_document_that_is_not_here() -> None:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in KINDS]
    outside = re.compile(r"rules' section|[Ss]ection \d+ of the rules|\.\./shared")
    assert [file.name for file in files if file != Path(__file__) and outside.search(file.read_text())] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=str)
def test_a_rule_is_one_sentence_with_its_source(rule: Rule) -> None:
    assert rule.text.endswith(".")
    assert ". " not in rule.text
    assert not set("\n|") & set(rule.text)
    assert SOURCE.fullmatch(rule.source)
    assert rule.versions
    assert (rule.evidence is Evidence.MEASURED) or rule.source != "measured"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.place.file.rpartition("/")[2])
def test_a_case_names_rules_that_were_measured_or_read(case: Case) -> None:
    assert set(case.rules) <= RULES.keys()


def test_sentences_come_in_order_and_once() -> None:
    assert [text.partition(":")[0] for text in sentences(["R81", "R13", "", "R81"])] == ["R81", "R13"]


def test_check_says_what_its_rules_are() -> None:
    out = run("check", "pinger", "ponger/ping", *OWN, "--explain")[1]
    assert "  R13: A Server acts on pods of its namespace whose labels match, and which have its port.\n" in out
    assert "R13: " not in run("check", "pinger", "ponger/ping", *OWN)[1]
    assert len(run("check", "pinger", "ponger/ping", *OWN, "--no-explain")[1].splitlines()) == 1


def test_lint_says_what_its_rules_are(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        "apiVersion: policy.linkerd.io/v1alpha1\nkind: AuthorizationPolicy\nmetadata: {name: all, namespace: shop}\n"
        "spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: s}, requiredAuthenticationRefs: []}\n"
    )
    assert "    R30: A policy without references admits everyone.\n" in run("lint", file, "--explain")[1]
