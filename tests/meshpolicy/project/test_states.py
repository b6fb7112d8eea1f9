"""A change does not choose how it is reviewed: the project's file of the state before counts."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...onpath import real_tools, stand_in
from ..build import ARENA, account, allow, server
from ..command import run, written

FILE = "meshpolicy.yaml"
PLAIN, HIDING = "sources: [k8s]\n", "sources: [k8s]\nexclude: [zz-*]\n"
BROKEN = "sources: ["


def commit(folder: Path, text: str) -> None:
    (folder / FILE).write_text(text)
    if not text:
        (folder / FILE).unlink()
    for words in (
        ("add", "."),
        ("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--allow-empty", "--message", "x"),
    ):
        subprocess.run(["git", *words], check=True, capture_output=True)  # noqa: S607


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a repository with manifests that let nobody in, and without a commit."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.chdir(tmp_path)
    with real_tools("git"):
        subprocess.run(["git", "init", "--quiet"], check=True)  # noqa: S607
        (tmp_path / "k8s").mkdir()
        written(tmp_path / "k8s", "a.yaml", *ARENA, server())
        yield tmp_path


@pytest.mark.parametrize(
    ("before", "after", "new", "opened", "doubt"),
    [
        (PLAIN, PLAIN, ".", 1, ""),
        (PLAIN, f"# why\n{PLAIN}", "HEAD", 1, ""),
        (PLAIN, HIDING, "HEAD", 1, "the change changes what meshpolicy.yaml says"),
        (HIDING, PLAIN, ".", 0, "the change changes what meshpolicy.yaml says"),
        ("", HIDING, "HEAD", 0, "the change adds meshpolicy.yaml"),
        (PLAIN, "", ".", 1, "the change removes meshpolicy.yaml"),
        (BROKEN, HIDING, ".", 0, "meshpolicy.yaml of HEAD^1 cannot be read"),
    ],
)
def test_the_file_of_the_state_before_counts(
    before: str, after: str, new: str, opened: int, doubt: str, repository: Path
) -> None:
    """A difference is unknown, told first, and never `no request changes`."""
    commit(repository, before)
    written(repository / "k8s", "zz-open.yaml", allow(account("rogue")))
    commit(repository, after)
    counts = repository / "counts"
    asked = ("review", "HEAD^1", new, "--project", FILE, "--fail-on", "unknown")
    code, text, _ = run(*asked, "--counts", counts)
    told = dict(line.split("=") for line in counts.read_text().splitlines())
    assert (code, told["opened"], told["unknown"]) == (int(bool(doubt)), str(opened), str(int(bool(doubt))))
    forms = [text, run(*asked, "--output", "md")[1], run(*asked, "--output", "github")[1]]
    assert [doubt in form for form in forms] == [True] * 3
    assert not any("no request changes" in form for form in forms)
    if doubt:
        assert text.startswith(f"unknown: {doubt}")


def test_a_file_that_neither_folder_holds_is_read_where_one_stands(repository: Path) -> None:
    (repository / FILE).write_text("sources: [k8s]\n")
    for state in ("before", "after"):
        (repository / state / "k8s").mkdir(parents=True)
        written(repository / state / "k8s", "a.yaml", *ARENA, server())
    code, text, _ = run("review", "before", "after", "--project", FILE)
    assert (code, text.startswith("no request changes")) == (0, True)


def test_each_folder_is_read_with_its_own_chart_and_overlay(repository: Path) -> None:
    (repository / FILE).write_text("sources: [k8s]\nrenders: [{kustomize: k8s/prod}, {helm: chart}]\n")
    tools = Path(os.environ["PATH"])
    stand_in(tools, "helm", "import sys\nprint(open(sys.argv[-1] + '/policy').read())\n")
    for state, policies in (("before", ()), ("after", (allow(account("rogue")),))):
        for folder in ("k8s/prod", "chart"):
            (repository / state / folder).mkdir(parents=True)
        written(repository / state / "k8s/prod", "a.yaml", *ARENA, server())
        (repository / state / "k8s/prod/kustomization.yaml").write_text("resources: [a.yaml]\n")
        (repository / state / "chart/Chart.yaml").write_text("name: c\n")
        written(repository / state / "chart", "policy", *policies)
    for folder in ("k8s/prod", "chart"):
        (repository / folder).mkdir(parents=True)
    assert run("review", "before", "after", "--project", FILE)[1].startswith("opened: 1\n")
    assert run("review", "after", "after", "--project", FILE)[1].startswith("no request changes")
