"""What the reader takes, what it refuses and where, and that no bytes end the interpreter."""

import os
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from meshpolicy.core.errors import Problem
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.load import HARMLESS, load, read
from meshpolicy.manifests.sources import read as read_paths

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


def test_folders_are_read_recursively_by_name_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("deep/b.json", "c.yml", "a.yaml", "notes.txt"):
        (tmp_path / name).write_text(f'{{"name": "{name}"}}')
    documents, problems = load([tmp_path])
    assert ([document.data["name"] for document in documents], problems) == (["a.yaml", "c.yml", "deep/b.json"], ())


def test_a_hidden_folder_is_read_only_where_it_is_named(tmp_path: Path) -> None:
    hidden = tmp_path / ".venv" / "lib"
    hidden.mkdir(parents=True)
    for file in (hidden / "a.yaml", tmp_path / ".b.yaml", tmp_path / "c.yaml"):
        file.write_text(f"name: {file.name}")
    assert [document.data["name"] for document in load([tmp_path])[0]] == [".b.yaml", "c.yaml"]
    assert [document.data["name"] for document in load([tmp_path / ".venv"])[0]] == ["a.yaml"]


def test_a_folder_without_manifests_and_a_missing_file_are_told(tmp_path: Path) -> None:
    _, problems = load([tmp_path, tmp_path / "gone.yaml"])
    assert [(problem.place.file, problem.message) for problem in problems] == [
        (str(tmp_path), "holds no manifest (*.yaml, *.yml or *.json)"),
        (str(tmp_path / "gone.yaml"), "cannot be read: No such file or directory"),
    ]


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "pipe.yaml", "folder/pipe.yaml"])
def test_what_may_never_end_is_refused_at_once(path: str, tmp_path: Path) -> None:
    """A device, a pipe that nobody writes to, and one in a folder: no manifest is read, and nothing waits."""
    if not path.startswith("/"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        os.mkfifo(tmp_path / path)
    documents, problems = load([tmp_path / (path if path.startswith("/") else Path(path).parts[0])])
    assert documents == ()
    assert [p.message for p in problems] == [
        "cannot be read: it is not a regular file; write `-` to read standard input"
    ]


def test_a_file_larger_than_any_manifest_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meshpolicy.manifests.content.MOST_BYTES", 2**20)
    file = tmp_path / "a.yaml"
    file.write_bytes(b"#" * (2**20 + 1))
    assert [p.message for p in load([file])[1]] == ["cannot be read: it holds more than 1 MiB"]


def test_a_file_is_the_same_however_its_path_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: x}}")
    for path in (f"{tmp_path}//a.yaml", f"{tmp_path}/./a.yaml"):
        assert read_paths([path], MeshSettings()).problems == ()
