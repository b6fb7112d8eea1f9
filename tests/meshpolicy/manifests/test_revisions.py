"""Manifests of a git revision are read as it holds them, or not at all."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from meshpolicy.core.document import Document
from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.manifests.load import load
from meshpolicy.manifests.options import Chart, ReadOptions
from meshpolicy.manifests.revisions import RevisionUnreadable, is_revision, read_revision

from ...onpath import real_tools, stand_in


def git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S607


def commit() -> None:
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "All")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a repository with one manifest."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.chdir(tmp_path)
    with real_tools("git"):
        (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n")
        git("init", "--quiet")
        commit()
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


def name_of(document: Document) -> str:
    return str(Fields(document.data, document.place, []).child("metadata").text("name"))


def names(revision: str, *paths: str, options: ReadOptions | None = None) -> list[str]:
    """Return the names of the objects of a revision."""
    documents, _ = read_revision(paths, options=replace(options or ReadOptions(), revision=revision))
    return [name_of(document) for document in documents]


CAT = """import sys
from pathlib import Path
values = [one.removeprefix("--values=") for one in sys.argv if one.startswith("--values=")]
print(*[Path(one).read_text() for one in (sys.argv[-1] + "/files/name.txt", *values)], sep="")
"""


@pytest.mark.parametrize("absolute", [False, True])
def test_a_chart_is_rendered_as_the_revision_holds_it(absolute: bool, repository: Path) -> None:
    """With its files and values, whatever they are called."""
    Path(os.environ["PATH"]).joinpath("helm").unlink(missing_ok=True)
    stand_in(Path(os.environ["PATH"]), "helm", CAT)
    for folder in ("chart/templates", "chart/files"):
        (repository / folder).mkdir(parents=True)
    (repository / "chart/Chart.yaml").write_text("name: c\n")
    (repository / "set.conf").write_text("spec: {containers: []}\n")
    for name in ("old", "new"):
        (repository / "chart/files/name.txt").write_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n")
        commit()
    (repository / "chart/files/name.txt").write_text("not: committed\n")
    start = f"{repository}/" if absolute else ""
    charts = (Chart(f"{start}chart", "c", values=(f"{start}set.conf",)),)
    found = [names(revision, "pod.yaml", options=ReadOptions(charts=charts)) for revision in ("HEAD^1", "HEAD")]
    assert found == [["a", "old"], ["a", "new"]]


@pytest.mark.parametrize(
    "made", [("k8s/b.yaml", "../common/b.txt"), ("k8s", "common"), ("common/k8s/c.yaml", "../b.txt")]
)
def test_a_link_is_read_as_in_the_folder(made: tuple[str, str], repository: Path) -> None:
    link, target = made
    (repository / "common").mkdir()
    (repository / link).parent.mkdir(parents=True, exist_ok=True)
    for name in ("b.txt", "d.yaml"):
        (repository / "common" / name).write_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n")
    (repository / link).symlink_to(target)
    commit()
    path = "k8s" if link.startswith("k8s") else "common"
    documents, problems = load([path])
    assert problems == ()
    assert names("HEAD", path) == [name_of(document) for document in documents] != []


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside.yaml", "nothing.yaml", "b.yaml"])
def test_a_link_out_of_a_revision_leaves_answers_open(target: str, repository: Path) -> None:
    (repository / "b.yaml").symlink_to(target)
    commit()
    documents, problems = read_revision(["."], options=ReadOptions(revision="HEAD"))
    assert [name_of(document) for document in documents] == ["a"]
    assert [(str(one.place), one.kind) for one in problems] == [("HEAD:b.yaml", ProblemKind.NOT_RENDERED)]


def test_an_overlay_that_no_folder_holds_is_a_problem(repository: Path) -> None:
    (repository / "prod").mkdir()
    (repository / "base").mkdir()
    for folder in ("prod", "base"):
        (repository / folder / "kustomization.yaml").write_text("resources: [a.yaml]\n")
        (repository / folder / "a.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n")
    commit()
    for path, overlay, count in (("base", "prod", 1), ("base", "none", 1), (".", "prod", 0), ("prod", "prod", 0)):
        options = ReadOptions(revision="HEAD", overlays=(overlay,))
        found = [one for one in read_revision([path], options=options)[1] if one.kind is ProblemKind.UNUSABLE]
        assert [str(one.place) for one in found] == [f"HEAD:{overlay}"] * count


def test_a_path_outside_of_the_repository_is_in_no_revision(repository: Path) -> None:
    with pytest.raises(RevisionUnreadable, match="outside of the git repository"):
        read_revision([str(repository.parent)], options=ReadOptions(revision="HEAD"))


@pytest.mark.parametrize(
    ("path", "excluded", "told"),
    [
        (".", (), True),
        ("vendor", (), True),
        ("vendor/policies", (), True),
        ("own", (), False),
        (".", ("policies",), False),
    ],
)
def test_a_submodule_is_told_as_not_read(path: str, excluded: tuple[str, ...], told: bool, repository: Path) -> None:
    (repository / "own").mkdir()
    (repository / "own/pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {containers: []}\n")
    other = git("rev-parse", "HEAD")
    (repository / "vendor/policies").mkdir(parents=True)
    git("update-index", "--add", "--cacheinfo", f"160000,{other},vendor/policies")
    commit()
    _, problems = read_revision([path], options=ReadOptions(revision="HEAD", excluded=excluded))
    text = f"not rendered: a submodule at {other[:12]}, whose files another repository holds"
    found = [(str(one.place), one.message, one.kind) for one in problems if "submodule" in one.message]
    assert found == ([("HEAD:vendor/policies", text, ProblemKind.NOT_RENDERED)] if told else [])
