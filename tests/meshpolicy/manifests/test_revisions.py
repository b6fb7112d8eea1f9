"""Manifests of a git revision are read as it holds them, or not at all."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.revisions import RevisionUnreadable, is_revision, read_revision

from ...onpath import real_tools


def git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S607


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a repository with one manifest."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.chdir(tmp_path)
    with real_tools("git"):
        (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n")
        git("init", "--quiet")
        git("add", ".")
        git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "All")
        yield tmp_path


def test_a_revision_is_read_as_it_was(repository: Path) -> None:
    (repository / "pod.yaml").write_text("")
    documents, problems = read_revision(["."], options=ReadOptions(revision="HEAD"))
    assert ([str(document.place).startswith("HEAD:pod.yaml") for document in documents], problems) == ([True], ())


def test_a_file_whose_content_is_not_here_is_no_empty_file(repository: Path) -> None:
    """As in a partial clone that cannot reach its origin."""
    blob = git("rev-parse", "HEAD:pod.yaml")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(RevisionUnreadable, match=r"git cannot show HEAD:pod\.yaml: "):
        read_revision(["."], options=ReadOptions(revision="HEAD"))


@pytest.mark.parametrize(("text", "known"), [("HEAD", True), ("nothing", False), ("--all", False)])
def test_a_revision_is_what_git_knows(text: str, known: bool, repository: Path) -> None:
    assert repository.exists()
    assert is_revision(text) is known
