"""Every rule that the tool names has its sentence, and is told where a person asks for it."""

import re
from pathlib import Path

import pytest

from meshpolicy.lint.lint import codes
from meshpolicy.semantics.rules import RULES, sentences

from ..command import OWN, ROOT, run

NUMBER = re.compile(r'"([RNM]\d+(?: [RNM]\d+)*)"')


def test_every_rule_that_is_named_has_a_sentence() -> None:
    texts = [file.read_text() for file in (ROOT / "src" / "meshpolicy").rglob("*.py")]
    named = {number for text in texts for found in NUMBER.findall(text) for number in found.split()}
    named |= {rule for code in codes() for rule in code.rules}
    assert named - RULES.keys() == set()


@pytest.mark.parametrize("number", RULES)
def test_a_rule_is_one_sentence(number: str) -> None:
    text = RULES[number]
    assert text.endswith(".")
    assert ". " not in text
    assert "\n" not in text


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
