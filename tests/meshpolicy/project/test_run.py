"""`meshpolicy run`: one answer about findings, sentences, accepted access and cases; in every form the same."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from meshpolicy.project.read import read_project
from meshpolicy.project.run import Part, run

from ..command import run as meshpolicy
from ..manifests.corpus import GOOD, POLICY, SERVER, deployment, laid_out

FALSE = "prove: [only shop/web may any request on shop/web:8080]"
TRUE = "prove: [only shop/cart may any request on shop/web:8080]"
UNUSED = {"k8s/more.yaml": SERVER.replace("name: web", "name: idle").replace("app: web", "app: other")}
"""A Server that selects nothing: one finding, MP031."""
SUPPRESSED = "suppress: [{code: MP031, object: Server shop/idle, reason: soon, expires: 2027-01-31}]"
TODAY = date(2026, 11, 27)


def project(folder: Path, text: str, more: dict[str, str] | None = None) -> str:
    """Write manifests and a project's file, and return its path."""
    laid_out(folder, GOOD | (more or {}) | {"meshpolicy.yaml": f"sources: [k8s]\n{text}\n"})
    return str(folder / "meshpolicy.yaml")


@pytest.mark.parametrize(
    ("text", "more", "failed"),
    [
        ("", {}, []),
        (TRUE, {}, []),
        (FALSE, {}, [Part.PROVE]),
        ("prove: [only shop/cart may any request on shop/gone:8080]", {}, [Part.PROVE]),
        ("", UNUSED, [Part.LINT]),
        (SUPPRESSED, UNUSED, []),
        (SUPPRESSED.replace("2027-01-31", "2026-11-27"), UNUSED, []),
        (SUPPRESSED.replace("2027-01-31", "2026-11-26"), UNUSED, [Part.LINT, Part.SUPPRESSIONS]),
        (SUPPRESSED.replace("shop/idle", "shop/*"), UNUSED, []),
        (SUPPRESSED.replace("shop/idle", "shop/other"), UNUSED, [Part.LINT, Part.SUPPRESSIONS]),
        (SUPPRESSED, {}, [Part.SUPPRESSIONS]),
    ],
)
def test_a_run_fails_by_what_is_wrong_and_by_nothing_else(
    text: str, more: dict[str, str], failed: list[Part], tmp_path: Path
) -> None:
    report = run(read_project(project(tmp_path, text, more)), today=TODAY)
    assert [check.part for check in report.checks if check.failed] == failed


@pytest.mark.parametrize(
    ("sentence", "code", "line"),
    [
        ("only shop/cart may call shop/gone", 1, "error: only shop/cart may call shop/gone: no workload"),
        (
            "only shop/cart may call shop/web:8080",
            0,
            "note: PROVED: only shop/cart may call shop/web:8080; vacuously: ",
        ),
        ("nobody may call shop/web:8080", 0, "lint: no findings\nprove: 1 of 1 hold"),
    ],
)
def test_a_sentence_is_told_in_its_own_words_and_one_that_holds_of_nothing_too(
    sentence: str, code: int, line: str, tmp_path: Path
) -> None:
    path = project(tmp_path, f"prove: [{sentence}]")
    (tmp_path / "k8s/policies.yaml").write_text(SERVER.replace("port: http,", "port: http, accessPolicy: deny,"))
    found, out, _ = meshpolicy("run", path)
    assert (found, line in out, "Sentence(" in out) == (code, True, False), out


@pytest.mark.parametrize(("text", "told"), [("", True), (TRUE, False), (FALSE, False)])
def test_a_run_without_a_sentence_says_where_to_write_one_and_a_sentence_that_can_be_proved(
    text: str, told: bool, tmp_path: Path
) -> None:
    _, out, _ = meshpolicy("run", project(tmp_path, text))
    assert ("prove: no sentence yet" in out) is told
    if told:
        _, _, sentence = out.partition("such as `")
        code, _, problems = meshpolicy("run", project(tmp_path, f"prove: [{sentence.partition('`')[0]}]"))
        assert (code, problems) in ((0, ""), (1, ""))


def test_accepted_access_is_held_against_what_is_granted(tmp_path: Path) -> None:
    path = project(tmp_path, "accepted: accepted.yaml")
    accepted = str(tmp_path / "accepted.yaml")
    assert meshpolicy("accept", accepted, "--owner", "a", "--reason", "b", tmp_path / "k8s")[0] == 0
    assert meshpolicy("run", path)[0] == 0
    (tmp_path / "k8s/more.yaml").write_text(deployment("new"))
    code, out, _ = meshpolicy("run", path)
    assert code == 1
    assert "not accepted: anyone -> shop/new:8080" in out


def test_an_object_that_a_cluster_refuses_is_a_finding_and_answers_no_sentence(tmp_path: Path) -> None:
    path = project(tmp_path, TRUE, {"k8s/bad.yaml": POLICY.replace("requiredAuth", "requiresAuth")})
    (tmp_path / "k8s/policies.yaml").write_text(SERVER)
    code, out, _ = meshpolicy("run", path)
    assert code == 1
    assert "requiresAuthenticationRefs" in out
    assert "not asked: a cluster would refuse some of the manifests" in out


def test_what_cannot_be_read_ends_the_run(tmp_path: Path) -> None:
    code, out, told = meshpolicy("run", project(tmp_path, "", {"k8s/bad.yaml": "apiVersion: v1\nkind: ["}))
    assert (code, out) == (2, "")
    assert "invalid YAML" in told


def test_every_form_tells_the_same(tmp_path: Path) -> None:
    path = project(tmp_path, FALSE, UNUSED | {"k8s/values.yaml": "a: 1\n"})
    shown: dict[str, str] = {}
    for form in ("text", "json", "github", "sarif", "junit"):
        code, shown[form], _ = meshpolicy("run", path, "--output", form)
        assert code == 1
    told: dict[str, Any] = json.loads(shown["json"])
    failed = [check for check in told["checks"] if check["failed"]]
    assert [check["part"] for check in failed] == ["lint", "prove"]
    assert "Helm values" in told["notes"][0]
    results = json.loads(shown["sarif"])["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["MP031", "prove"]
    suite = ElementTree.fromstring(shown["junit"])  # noqa: S314 # our own
    assert [case.get("name") for case in suite.iter("testcase") if len(case)] == [check["name"] for check in failed]
    commands = [line for line in shown["github"].splitlines() if line.startswith(("::error", "::warning"))]
    assert len(commands) == len(failed)
    assert "lint: 1 finding" in shown["text"]
    assert "prove: 0 of 1 hold" in shown["text"]


def test_a_finding_is_told_as_lint_tells_it(tmp_path: Path) -> None:
    path = project(tmp_path, "", UNUSED)
    told = meshpolicy("lint", tmp_path / "k8s")[1].splitlines()[0]
    code = told[told.index("MP031") :]
    assert code.startswith("MP031 warning: Server shop/idle: ")
    assert code in meshpolicy("run", path)[1]
