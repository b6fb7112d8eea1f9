"""Which files of folders are read, and which are refused at once."""

import os
from pathlib import Path

import pytest

from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.load import load
from meshpolicy.manifests.sources import read as read_paths


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
