"""Reads manifests as they were in a git revision. Revisions go to git as arguments, never through a shell."""

import hashlib
import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

from meshpolicy.core.document import Document
from meshpolicy.core.errors import MeshPolicyError, Place, Problem, ProblemKind
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.manifests.chart import CHART
from meshpolicy.manifests.folder import HIDDEN, SUFFIXES, is_excluded, lost_overlays
from meshpolicy.manifests.kustomization import NAMES
from meshpolicy.manifests.load import load
from meshpolicy.manifests.options import AS_IT_IS, ReadOptions
from meshpolicy.record import record, replace

LINK = "120000"
"""The mode of a link."""
SUBMODULE = "160000"
"""The mode of a commit of another repository."""


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
    with laid_out(options.revision, (*paths, *(file for chart in options.charts for file in chart.values))) as found:
        named = [one for one in map(found.at, paths) if one.exists()]
        inner = replace(
            options,
            shown=partial(_shown, options.revision, found.here),
            overlays=tuple(str(found.at(overlay)) for overlay in options.overlays),
            charts=tuple(
                replace(one, path=str(found.at(one.path)), values=tuple(str(found.at(file)) for file in one.values))
                for one in options.charts
            ),
        )
        documents, problems = load(named, progress, options=inner)
        lost = lost_overlays(named, inner) if named else ()
        others = _submodules(found.submodules, [found.at(path) for path in paths], inner)
        return documents, (*problems, *lost, *_outside(found.links, named, inner), *others)


@record
class LaidOut:
    """What a reader may need of a revision, in a folder."""

    top: Path
    here: Path
    """Where the current folder lies in it."""
    links: tuple[tuple[Path, str], ...]
    """Links that lead to nothing in it, and were not written, with what they name."""
    submodules: tuple[tuple[Path, str], ...] = ()
    """Where other repositories would lie, with the commit of each."""

    def at(self, path: str) -> Path:
        """Return where a path lies in it. Raises RevisionUnreadable for one outside of the repository."""
        found = Path(os.path.normpath(self.here / os.path.relpath(path)))
        if not found.is_relative_to(self.top):
            raise RevisionUnreadable(f"{path} lies outside of the git repository, so no revision holds it")
        return found


@contextmanager
def laid_out(revision: str, files: Sequence[str]) -> Iterator[LaidOut]:
    """Yield a revision's manifests, charts and links, and the named files; the folder is removed afterwards."""
    with TemporaryDirectory(prefix="meshpolicy-") as made:
        yield _laid_out(revision, Path(made).resolve(), files)


def _outside(links: Sequence[tuple[Path, str]], named: Sequence[Path], options: ReadOptions) -> Iterator[Problem]:
    """Yield the links below the paths that lead to nothing of the revision: what they hold is not known."""
    for link, target in links:
        below = [link.relative_to(one).parts[:-1] for one in named if link.is_relative_to(one)]
        hidden = all(any(part.startswith(HIDDEN) for part in parts) for parts in below)
        if not hidden and not is_excluded(options.shown(link), options.excluded):
            text = f"not rendered: a link to {target}, which the revision does not hold"
            content = hashlib.sha256(target.encode(errors="replace")).hexdigest()
            yield Problem(Place(options.shown(link)), text, ProblemKind.NOT_RENDERED, digest=content)


def _submodules(found: Sequence[tuple[Path, str]], named: Sequence[Path], options: ReadOptions) -> Iterator[Problem]:
    """Yield the submodules in, below or above the paths: git keeps their commits, and not what they hold."""
    for folder, commit in found:
        near = any(folder.is_relative_to(one) or one.is_relative_to(folder) for one in named)
        if near and not is_excluded(options.shown(folder), options.excluded):
            text = f"not rendered: a submodule at {commit[:12]}, whose files another repository holds"
            yield Problem(Place(options.shown(folder)), text, ProblemKind.NOT_RENDERED, digest=commit)


def _shown(revision: str, here: Path, file: Path) -> str:
    """Return how messages name a file of a revision."""
    return f"{revision}:{os.path.relpath(file, here)}"


def _laid_out(revision: str, folder: Path, paths: Sequence[str]) -> LaidOut:
    """Write what a reader may need of a revision into a folder."""
    prefix = _git("rev-parse", "--show-prefix").stdout.decode().strip()
    listed = _git("ls-tree", "-r", "-z", "--full-tree", revision)
    if listed.returncode != 0:
        raise RevisionUnreadable(f"git cannot list {revision}: {listed.stderr.decode().strip()}")
    entries = [_Entry.read(line) for line in listed.stdout.decode(errors="surrogateescape").split("\0") if line]
    links = [one for one in entries if one.mode == LINK]
    targets = [os.fsdecode(target) for target in _contents(revision, links, prefix)]
    folders = {str(PurePath(one.name).parent) for one in entries if PurePath(one.name).name in NAMES}
    named = {os.path.normpath(PurePath(prefix) / os.path.relpath(path)) for path in paths}
    led_to = dict(zip(links, targets, strict=True))
    whole = {os.path.normpath(PurePath(one.name).parent / target) for one, target in led_to.items()}
    charts = {str(PurePath(one.name).parent) for one in entries if PurePath(one.name).name == CHART}
    wanted = [one for one in entries if one.is_needed(folders, named | whole, whole | charts)]
    for one, content in zip(wanted, _contents(revision, wanted, prefix), strict=True):
        file = folder / one.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    here = folder / prefix
    here.mkdir(parents=True, exist_ok=True)
    lost = _linked(folder, {folder / one.name: target for one, target in led_to.items()})
    return LaidOut(folder, here, lost, tuple((folder / e.name, e.blob) for e in entries if e.mode == SUBMODULE))


def _linked(folder: Path, links: Mapping[Path, str]) -> tuple[tuple[Path, str], ...]:
    """Write links, and take those out again that lead out of the folder, or to nothing; return these."""
    for link, target in links.items():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    lost = []
    for link, target in links.items():
        outside = not Path(os.path.realpath(link)).is_relative_to(folder)
        if outside or not os.path.exists(link):  # noqa: PTH110 # `Path.exists` raises for a circle
            lost.append((link, target, outside))
    for link, _, _ in lost:
        link.unlink()
    return tuple((link, target) for link, target, outside in lost if outside or link.name.endswith(SUFFIXES))


@record
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

    def is_needed(self, folders: set[str], named: set[str], whole: set[str]) -> bool:
        """Whether a reader may need it: a manifest, a named file, or what lies beside a kustomization.

        Of `whole`, the folders of charts and those that links name, everything is needed.
        """
        if not self.mode.startswith("100"):  # a link, or the commit of another repository
            return False
        above = [str(one) for one in PurePath(self.name).parents]
        return (
            self.name.endswith((*SUFFIXES, ".tpl", ".tgz"))
            or self.name in named
            or above[0] in folders
            or not whole.isdisjoint(above)
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
