"""Reads manifests as they were in a git revision. Revisions go to git as arguments, never through a shell."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from meshpolicy.core.document import Document
from meshpolicy.core.errors import MeshPolicyError, Problem
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.manifests.folder import HIDDEN, SUFFIXES, is_excluded
from meshpolicy.manifests.load import read


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


def read_revision(
    revision: str,
    paths: Sequence[str],
    progress: Progress = no_progress,
    *,
    excluded: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """Return the documents below the paths as a revision holds them; the rest as `load` has it."""
    listed = _git("ls-tree", "-r", "-z", "--name-only", revision, "--", *paths)
    if listed.returncode != 0:
        raise RevisionUnreadable(f"git cannot list {revision}: {listed.stderr.decode().strip()}")
    problems: list[Problem] = []
    listing = listed.stdout.decode().split("\0")
    manifests = (name for name in listing if name.endswith(SUFFIXES) and not is_excluded(name, excluded))
    names = [name for name in manifests if any(_read_below(path, name) for path in paths)]
    texts = ((f"{revision}:{name}", _shown(revision, name)) for name in names)
    documents = (document for name, text in texts for document in read(name, text, problems, variables=variables))
    return tuple(progress(documents, "documents read")), tuple(problems)


def _shown(revision: str, name: str) -> bytes:
    """Return a file of a revision; one that cannot be had is no empty file."""
    shown = _git("show", f"{revision}:./{name}")
    if shown.returncode != 0:
        raise RevisionUnreadable(f"git cannot show {revision}:{name}: {shown.stderr.decode(errors='replace').strip()}")
    return shown.stdout


def _read_below(path: str, name: str) -> bool:
    """Whether a file is the path, or lies below it in no hidden folder; what lies elsewhere begins with `..`."""
    folders = PurePath(os.path.relpath(name, path)).parts[:-1]
    return not any(folder.startswith(HIDDEN) for folder in folders)


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("git")
    if program is None:
        raise RevisionUnreadable("git is not installed, and a revision is read through it")
    try:
        return subprocess.run([program, *arguments], capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired as error:
        raise RevisionUnreadable(f"git {arguments[0]} timed out after 60 s") from error
