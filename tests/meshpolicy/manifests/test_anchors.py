"""An anchor given twice means the last one before each alias, as Kubernetes' reader takes it (gopkg.in/yaml.v2)."""

import pytest

from meshpolicy.core.errors import Problem
from meshpolicy.manifests.text import read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a: &x 1, b: *x, c: &x 2, d: *x}", [{"a": 1, "b": 1, "c": 2, "d": 2}]),
        ("a: &x {p: &x 1, q: *x}\nb: *x\n", [{"a": {"p": 1, "q": 1}, "b": 1}]),
        ("- &x a\n- &x b\n- &x-2 c\n- *x\n- *x-2\n", [["a", "b", "c", "b", "c"]]),
        ("a: &x 1\n---\na: &x 2\nb: *x\n", [{"a": 1}, {"a": 2, "b": 2}]),
        ("a: 'p &x q &x r'\nb: |\n  run & &x\n  run & &x\n", [{"a": "p &x q &x r", "b": "run & &x\nrun & &x\n"}]),
        ("# ä &x &x\na: &x ä\nb: &x ö\nc: *x\n", [{"a": "ä", "b": "ö", "c": "ö"}]),
    ],
)
def test_an_alias_means_the_last_anchor_of_its_name(text: str, expected: list[object]) -> None:
    problems: list[Problem] = []
    wrapped = text if isinstance(expected[0], dict) else "all:\n" + text
    found = [document.data for document in read("a.yaml", wrapped.encode(), problems)]
    assert problems == []
    assert found == (expected if isinstance(expected[0], dict) else [{"all": expected[0]}])


@pytest.mark.parametrize("text", ["a: &x 1\nb: &x 2\n---\nc: *x\n", "a: &x 1\nb: &x [\n"])
def test_what_cannot_be_read_is_told_as_it_is_written(text: str) -> None:
    problems: list[Problem] = []
    list(read("a.yaml", text.encode(), problems))
    assert [problem.message.partition(":")[0] for problem in problems] == ["invalid YAML"]
