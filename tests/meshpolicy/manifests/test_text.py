"""What the reader takes, what it refuses and where, and that no bytes end the interpreter."""

import sys
from time import perf_counter
from typing import Any

import pytest

from meshpolicy.core.errors import Problem
from meshpolicy.manifests.text import HARMLESS, read

DEEP = 100_000
LONG = 20_000
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, ports: [{containerPort: "


def found(text: bytes | str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the objects and the problems of one text."""
    problems: list[Problem] = []
    documents = [
        dict(document.data) for document in read("f", text if isinstance(text, bytes) else text.encode(), problems)
    ]
    return documents, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    "text",
    [
        "[" * DEEP,
        "[" * DEEP + "]" * DEEP,
        "{a: " * DEEP + "}" * DEEP,
        '{"a": [' * DEEP,
        "- " * DEEP + "x",
        "? " * DEEP + "x",
        "\n".join(" " * level + "a:" for level in range(HARMLESS + 10)),
        "[" * 10 * DEEP,
    ],
    ids=["opened", "closed", "objects", "json", "items", "keys", "indented", "a million"],
)
def test_a_depth_that_would_overflow_the_c_reader_is_refused_at_once(text: str) -> None:
    """Libyaml's binding recurses in C without a bound: 25,000 levels end the process, no exception."""
    began = perf_counter()
    assert found(text) == ([], ["f, document 1: invalid YAML: it is nested deeper than 200 levels"])
    assert perf_counter() - began < 2


def test_a_document_that_is_too_deep_is_named() -> None:
    assert found("a: 1\n---\nb: 2\n---\n" + "[" * DEEP)[1] == [
        "f, document 3: invalid YAML: it is nested deeper than 200 levels"
    ]


def test_what_is_long_but_not_deep_is_read() -> None:
    wide = f"a: [{', '.join(['[]'] * HARMLESS)}]"
    assert [len(found(text)[0]) for text in (wide, f"a: {'x' * DEEP}", "a: 'x'\n---\n" * HARMLESS)] == [1, 1, HARMLESS]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("!!int x", "`x` cannot be read as int"),
        ("!!bool x", "`x` cannot be read as bool"),
        ("!!float x", "`x` cannot be read as float"),
        ("!!timestamp x", "`x` cannot be read as timestamp"),
    ],
    ids=["int", "bool", "float", "timestamp"],
)
def test_a_value_that_is_not_what_it_claims_is_refused_with_its_line(value: str, says: str) -> None:
    documents, problems = found(f"{POD}{value}}}]}}]}}")
    assert documents == []
    assert problems[0].startswith("f:4: invalid YAML: column 55: `")
    assert problems[0].endswith(says)
    assert len(problems[0]) < 150


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"a: \xff", "is not UTF-8"),
        ("a: 1".encode("utf-16")[:-1], "is not UTF-16"),
        (b"a: \0", "control characters are not allowed"),
        (b'a: "\\ud800"', "invalid Unicode character"),
        (b"a: 1\na: 2", "column 1: the key `a` is given twice"),
        (b"a: {b: 1, b: 1}", "the key `b` is given twice"),
        (b"1: a\n'1': b", "the key `1` is given twice"),
        (b"a: &a [*a]", "contains itself"),
        (b"&a {*a : 1}", "contains itself"),
        (b"a: &a {<<: *a}", "contains itself"),
        (b"a: *b", "undefined alias"),
        (b"<<: [1]", "an object, or a list of objects, can be merged"),
        (b"!!python/object/apply:os.system [x]", "is a list, where an object is expected"),
        (b"%YAML 9.9\n---\na: 1", "invalid YAML: its version is 9.9, not 1.1"),
        (b"%YAML 1.2\n---\na: 1", "invalid YAML: its version is 1.2, not 1.1"),
        (b"a: [http://x?y=1]", "column 5: did not find expected ',' or ']' in `http://x?y=1`"),
        (b"a: {b?c: 1}", "did not find expected"),
        (b"a: {b: [{c: d ?e}]}", "did not find expected"),
        (rb'a: "b\/c"', "found unknown escape character `/`"),
        (rb'a: ["b\\\/c"]', "found unknown escape character `/`"),
    ],
)
def test_bytes_that_are_no_manifest_are_told(text: bytes, says: str) -> None:
    documents, problems = found(text)
    assert (documents, len(problems)) == ([], 1)
    assert says in problems[0]


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ("", []),
        ("---\n---\n# nothing\n", []),
        ("\ufeffa: 1", [{"a": 1}]),
        ("a: 2026-01-01T00:00:00Z", [{"a": "2026-01-01T00:00:00Z"}]),
        ("{a: y, b: N, c: 'n', d: ny}", [{"a": True, "b": False, "c": "n", "d": "ny"}]),
        ("<<: {a: 1}\nb: 2", [{"a": 1, "b": 2}]),
        ("<<: {a: 1}\na: 2", [{"a": 2}]),
        ('{"a": "\\u00e9"}', [{"a": "é"}]),
        (r'{"a": "b\/c"}', [{"a": "b/c"}]),
        (r'a: "b\\/c"', [{"a": "b\\/c"}]),
        (r"a: 'b\/c'", [{"a": r"b\/c"}]),
        ("%YAML 1.1\n---\na: 1", [{"a": 1}]),
        ("a: |\n  %YAML 1.2\n", [{"a": "%YAML 1.2\n"}]),
        ("a: [?b, 'c?d', \"?\"]\nb: c?d", [{"a": [{"b": None}, "c?d", "?"], "b": "c?d"}]),
        (f"a: {sys.maxsize}", [{"a": sys.maxsize}]),
    ],
)
def test_what_the_reader_takes(text: str, objects: list[dict[Any, Any]]) -> None:
    """Timestamps stay as they are written: their text is what decides ties. `y` is true, as kubectl reads it."""
    assert found(text) == (objects, [])


def test_documents_before_a_broken_one_are_kept_and_the_broken_one_is_named() -> None:
    assert found("a: 1\n---\nb: [\n") == (
        [{"a": 1}],
        ["f:4: invalid YAML: column 1: did not find expected node content"],
    )
