"""Reads manifests as they were in a git revision. Revisions go to git as arguments, never through a shell."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from meshpolicy.core.document import Document
from meshpolicy.core.errors import MeshPolicyError, Problem
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.manifests.folder import SUFFIXES
from meshpolicy.manifests.kustomization import NAMES
from meshpolicy.manifests.load import load
from meshpolicy.manifests.options import AS_IT_IS, ReadOptions


class RevisionUnreadable(MeshPolicyError):
    """git is not installed, or does not know a revision or a path."""


def is_revision(text: str) -> bool:
    """Whether git knows a text as a revision."""
    if text.startswith("-"):
        return False
    return _git("rev-parse", "--verify", "--quiet", f"{text}^{{commit}}").returncode == 0


def holds(revision: str, path: str) -> bool:
    """Whether a revision has a file or a folder."""
    return bool(_git("ls-tree", "--name-only", revision, "--", path).stdout)


def has_manifests(revision: str) -> bool:
    """Whether a revision has a file that may be a manifest, by its name, below the current folder."""
    return any(
        name.endswith(SUFFIXES)
        for name in _git("ls-tree", "-r", "--name-only", revision).stdout.decode(errors="replace").split("\n")
    )


def read_revision(
    paths: Sequence[str], progress: Progress = no_progress, options: ReadOptions = AS_IT_IS
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """Return the documents below the paths as a revision holds them; the rest as `load` has it.

    The files are laid out in a folder that is removed afterwards, so that kustomizations can be rendered.
    """
    with TemporaryDirectory(prefix="meshpolicy-") as made:
        here = _laid_out(options.revision, Path(made).resolve(), paths)
        named = [here / path for path in paths if (here / path).exists()]
        shown = partial(_shown, options.revision, here)
        overlays = tuple(str(here / overlay) for overlay in options.overlays)
        return load(named, progress, options=replace(options, shown=shown, overlays=overlays))


def _shown(revision: str, here: Path, file: Path) -> str:
    """Return how messages name a file of a revision."""
    return f"{revision}:{os.path.relpath(file, here)}"


def _laid_out(revision: str, folder: Path, paths: Sequence[str]) -> Path:
    """Write what a reader may need of a revision into a folder; return where the current folder lies in it."""
    prefix = _git("rev-parse", "--show-prefix").stdout.decode().strip()
    listed = _git("ls-tree", "-r", "-z", "--full-tree", revision)
    if listed.returncode != 0:
        raise RevisionUnreadable(f"git cannot list {revision}: {listed.stderr.decode().strip()}")
    entries = [_Entry.read(line) for line in listed.stdout.decode(errors="surrogateescape").split("\0") if line]
    folders = {str(PurePath(one.name).parent) for one in entries if PurePath(one.name).name in NAMES}
    named = [os.path.normpath(PurePath(prefix) / path) for path in paths]
    wanted = [one for one in entries if one.is_needed(folders, named)]
    for one, content in zip(wanted, _contents(revision, wanted, prefix), strict=True):
        target = folder / one.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    here = folder / prefix
    here.mkdir(parents=True, exist_ok=True)
    return here


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of a revision."""

    mode: str
    blob: str
    name: str

    @classmethod
    def read(cls, line: str) -> "_Entry":
        """Read one line of `git ls-tree`."""
        about, _, name = line.partition("\t")
        mode, _, blob = about.split()
        return cls(mode, blob, name)

    def is_needed(self, folders: set[str], named: Sequence[str]) -> bool:
        """Whether a reader may need it: a manifest, part of a chart, or what lies beside a kustomization."""
        if not self.mode.startswith("100"):  # a link, or the commit of another repository
            return False
        return (
            self.name.endswith((*SUFFIXES, ".tpl", ".tgz"))
            or self.name in named
            or str(PurePath(self.name).parent) in folders
        )


def _contents(revision: str, entries: Sequence[_Entry], prefix: str) -> Iterator[bytes]:
    """Yield what files hold, all from one process; one that cannot be had is no empty file."""
    asked = "".join(f"{one.blob}\n" for one in entries).encode()
    found = _git("cat-file", "--batch", given=asked)
    stream = io.BytesIO(found.stdout)
    for one in entries:
        head = stream.readline().split()
        if len(head) != 3:  # `BLOB missing`, or nothing after git gave up
            why = found.stderr.decode(errors="replace").strip() or "it is missing"
            name = os.path.relpath(one.name, prefix or ".")
            raise RevisionUnreadable(f"git cannot show {revision}:{name}: {why}")
        yield stream.read(int(head[2]))
        stream.read(1)


def _git(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("git")
    if program is None:
        raise RevisionUnreadable("git is not installed, and a revision is read through it")
    try:
        return subprocess.run([program, *arguments], input=given, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired as error:
        raise RevisionUnreadable(f"git {arguments[0]} timed out after 60 s") from error
