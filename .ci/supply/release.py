"""Cuts a release: checks, writes the version, commits and tags. Nothing leaves this machine."""

import difflib
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from packaging.version import InvalidVersion, Version

VERSIONS = {
    "pyproject.toml": re.compile(r'^(version = ")([^"]+)(")$', re.MULTILINE),
    "src/pingpong/__init__.py": re.compile(r'^(__version__ = ")([^"]+)(")$', re.MULTILINE),
}
"""Where the version stands: what comes before, the version, what comes after."""
CHANGELOG = "CHANGELOG.md"
UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
RELEASED = re.compile(r"^## (\d+\.\d+\.\d+)\b", re.MULTILINE)
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Edit:
    """A file before and after."""

    path: str
    before: str
    after: str

    def diff(self) -> str:
        """Return the change as a unified diff."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), self.path, self.path, n=1
        )
        return "".join(lines)


@dataclass(frozen=True, slots=True)
class Release:
    """A version that is to be released from a checkout."""

    root: Path
    version: str

    @property
    def tag(self) -> str:
        """The name of its tag."""
        return f"v{self.version}"

    def git(self, *words: str) -> str:
        """Return what git prints; raise `CalledProcessError` where it fails."""
        command = ["git", *words]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout.rstrip()

    def read(self, path: str) -> str:
        """Return the text of a file."""
        return (self.root / path).read_text()

    def problems(self) -> Iterator[str]:
        """Yield all that stands in the way."""
        if not SEMANTIC.fullmatch(self.version):
            yield f"`{self.version}`: expected three numbers such as 1.2.3"
        else:
            yield from self._not_newer()
        if branch := self.git("branch", "--show-current"):
            if branch != "main":
                yield f"the branch is `{branch}`: a release is cut from `main`"
        else:
            yield "no branch is checked out: a release is cut from `main`"
        if changed := self.git("status", "--porcelain"):
            yield f"not committed: {', '.join(line[3:] for line in changed.splitlines())}"
        if self.git("tag", "--list", self.tag):
            yield f"the tag `{self.tag}` exists"
        section = UNRELEASED.search(self.read(CHANGELOG))
        if section is None or not section[1].strip():
            yield f"{CHANGELOG}: nothing stands under `## Unreleased`: say what changed"

    def _not_newer(self) -> Iterator[str]:
        for path, pattern in VERSIONS.items():
            found = pattern.search(self.read(path))
            if found is None:
                yield f"{path}: no version is found"
            elif _older(self.version, found[2]):
                yield f"`{self.version}` is older than {found[2]} ({path})"
        if (last := RELEASED.search(self.read(CHANGELOG))) and not _older(last[1], self.version):
            yield f"`{self.version}` is not newer than {last[1]}, the last release ({CHANGELOG})"

    def edits(self) -> list[Edit]:
        """Return the files that change."""
        found = [
            Edit(path, text := self.read(path), pattern.sub(rf"\g<1>{self.version}\g<3>", text, count=1))
            for path, pattern in VERSIONS.items()
        ]
        text = self.read(CHANGELOG)
        heading = f"## Unreleased\n\n## {self.version} - {datetime.now(UTC).date()}\n"
        found.append(Edit(CHANGELOG, text, text.replace("## Unreleased\n", heading, 1)))
        return [edit for edit in found if edit.before != edit.after]

    def cut(self, edits: list[Edit]) -> None:
        """Write the files, commit them, and tag the commit with what changed."""
        section = UNRELEASED.search(self.read(CHANGELOG))
        changes = section[1].strip() if section else ""
        for edit in edits:
            (self.root / edit.path).write_text(edit.after)
        self.git("commit", "--quiet", "--message", f"Release {self.version}", "--", *(edit.path for edit in edits))
        self.git("tag", "--annotate", "--cleanup=verbatim", "--message", f"{self.tag}\n\n{changes}", self.tag)


def _older(one: str, other: str) -> bool:
    try:
        return Version(one) < Version(other)
    except InvalidVersion:
        return False


@click.command()
@click.argument("version")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def main(version: str, *, dry_run: bool) -> None:
    """Cut release VERSION (such as 1.2.3): write it down, commit, and tag.

    The tag starts the workflow `release` once it is pushed; this command pushes nothing.
    """
    release = Release(Path.cwd(), version)
    try:
        problems = list(release.problems())
        if problems:
            click.echo("\n".join(["error: no release is cut:", *(f"  {one}" for one in problems)]), err=True)
            sys.exit(2)
        edits = release.edits()
        if dry_run:
            click.echo("".join(edit.diff() for edit in edits), nl=False)
            click.echo(f"Would commit this as `Release {version}`, and tag it {release.tag}.")
            return
        release.cut(edits)
    except subprocess.CalledProcessError as error:
        click.echo(f"error: `{' '.join(error.cmd)}` failed: {error.stderr.strip()}", err=True)
        sys.exit(2)
    click.echo(f"Release {version} is committed and tagged {release.tag}. Publish it with:")
    click.echo("  git push --follow-tags origin main")


if __name__ == "__main__":
    main()
