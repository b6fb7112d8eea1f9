"""A release is cut by one command, from a clean main alone, and a dry run changes nothing."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from supply.release import main

from ..onpath import real_tools

ROOT = Path(__file__).resolve().parents[2]
CHANGES = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n\n- The first.\n"


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S607


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a repository with the files that hold a version."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    with real_tools("git"):
        (tmp_path / "src/pingpong").mkdir(parents=True)
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "pingpong"\nversion = "0.1.0"\n')
        (tmp_path / "src/pingpong/__init__.py").write_text('__version__ = "0.1.0"\n')
        (tmp_path / "CHANGELOG.md").write_text(CHANGES)
        git(tmp_path, "init", "--quiet", "--initial-branch", "main")
        git(tmp_path, "config", "user.name", "A")
        git(tmp_path, "config", "user.email", "a@example.com")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--quiet", "--message", "All")
        monkeypatch.chdir(tmp_path)
        yield tmp_path


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, words)
    return result.exit_code, result.stdout, result.stderr


def test_a_release_writes_the_version_everywhere_commits_and_tags(checkout: Path) -> None:
    code, out, err = run("0.2.0")
    assert (code, err) == (0, "")
    assert "git push --follow-tags origin main" in out
    assert 'version = "0.2.0"' in (checkout / "pyproject.toml").read_text()
    assert (checkout / "src/pingpong/__init__.py").read_text() == '__version__ = "0.2.0"\n'
    assert "## Unreleased\n\n## 0.2.0 - 2" in (checkout / "CHANGELOG.md").read_text()
    assert git(checkout, "log", "-1", "--format=%s").strip() == "Release 0.2.0"
    assert git(checkout, "status", "--porcelain") == ""
    tag = git(checkout, "tag", "--list", "--format=%(objecttype) %(contents)", "v0.2.0")
    assert tag.strip() == "tag v0.2.0\n\n### Added\n\n- A thing."


def test_a_dry_run_shows_the_change_and_makes_none(checkout: Path) -> None:
    before = git(checkout, "rev-parse", "HEAD")
    code, out, err = run("0.2.0", "--dry-run")
    assert (code, err) == (0, "")
    assert '+version = "0.2.0"' in out
    assert "Would commit this as `Release 0.2.0`, and tag it v0.2.0." in out
    assert git(checkout, "status", "--porcelain") == git(checkout, "tag") == ""
    assert git(checkout, "rev-parse", "HEAD") == before


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("0.1.0", "`0.1.0` is not newer than 0.1.0, the last release (CHANGELOG.md)"),
        ("0.0.9", "`0.0.9` is older than 0.1.0 (pyproject.toml)"),
        ("1.0", "`1.0`: expected three numbers such as 1.2.3"),
        ("v1.0.0", "`v1.0.0`: expected three numbers such as 1.2.3"),
    ],
)
def test_a_version_must_be_new(version: str, problem: str, checkout: Path) -> None:
    code, _, err = run(version)
    assert (code, git(checkout, "tag")) == (2, "")
    assert err.startswith("error: no release is cut:\n")
    assert f"  {problem}\n" in err


def test_all_that_stands_in_the_way_is_told_at_once(checkout: Path) -> None:
    git(checkout, "tag", "v0.2.0")
    git(checkout, "switch", "--quiet", "--create", "other")
    (checkout / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-01-01\n")
    code, _, err = run("0.2.0")
    assert code == 2
    assert err.splitlines()[1:] == [
        "  the branch is `other`: a release is cut from `main`",
        "  not committed: CHANGELOG.md",
        "  the tag `v0.2.0` exists",
        "  CHANGELOG.md: nothing stands under `## Unreleased`: say what changed",
    ]


def test_outside_of_a_repository_git_says_so(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".git").rename(checkout / "gone")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code, _, err = run("0.2.0")
    assert code == 2
    assert err.startswith("error: `git branch --show-current` failed: fatal: not a git repository")


def test_this_project_can_be_released() -> None:
    """Only what depends on the checkout may stand in the way: its branch, and what is not committed."""
    with real_tools("git"), pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        code, out, err = run("0.2.0", "--dry-run")
    reasons = [line for line in err.splitlines()[1:] if "branch" not in line and "not committed" not in line]
    assert (reasons, code == 0) == ([], '+version = "0.2.0"' in out)
