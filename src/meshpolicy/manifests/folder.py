"""Which files of a folder are manifests, and which kustomizations are rendered. What is left out is named."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.manifests.chart import CHART, chart_may_decide
from meshpolicy.manifests.content import content
from meshpolicy.manifests.foreign import may_be_manifest
from meshpolicy.manifests.kustomization import (
    NAMES,
    Kustomization,
    digest,
    files_of,
    is_plain,
    kustomization_of,
    outside,
    roots,
    within,
)
from meshpolicy.manifests.options import AS_IT_IS, ReadOptions

SUFFIXES = (".yaml", ".yml", ".json")
HIDDEN = "."
"""How folders begin that are read only where they are named: those of git, of editors, of an environment."""


@dataclass(slots=True)
class Folder:
    """The files of one folder and of those below it, sorted by whether they are read."""

    path: Path
    files: list[Path] = field(default_factory=list)
    rendered: list[Kustomization] = field(default_factory=list)
    """Kustomizations that change what they list: a tool renders them."""
    left_out: list[Problem] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)


def manifests_in(path: Path, options: ReadOptions = AS_IT_IS) -> Folder:
    """Return what a folder holds, in the order of names.

    Left out are files that a pattern names, Helm charts, and what kustomizations do not list.
    """
    return _Walk(_without_parents(path), options).folder()


def _without_parents(path: Path) -> Path:
    """Return a path without `..`, as kustomizations name their files, unless a link makes that another folder."""
    plain = Path(os.path.normpath(path))
    return plain if plain.exists() and plain.samefile(path) else path


def holds_files(path: Path) -> bool:
    """Whether a folder has a file, besides kustomizations, that is read or told of."""
    for _, inner, names in os.walk(path):
        inner[:] = [name for name in inner if not name.startswith(HIDDEN)]
        if any(name.endswith(SUFFIXES) and name not in NAMES for name in names):
            return True
    return False


class _Walk:
    """One walk through a folder."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._options = options
        self._found = Folder(path)
        self._kustomizations: list[Kustomization] = []
        self._files: list[Path] = []
        self._linked: list[Path] = []

    def folder(self) -> Folder:
        failed: list[OSError] = []
        for where, inner, names in os.walk(self._found.path, onerror=failed.append):
            inner[:] = self._visit(Path(where), inner, names)
        taken = self._choose()
        self._note_linked()
        found, shown = self._found, self._options.shown
        found.files = sorted({*found.files, *(file for file in self._files if file not in taken)})
        found.files = [file for file in found.files if not self._excluded(file)]
        found.unreadable += [
            Problem(Place(shown(Path(error.filename))), f"cannot be read: {error.strerror}") for error in failed
        ]
        return found

    def _visit(self, here: Path, inner: Sequence[str], names: Sequence[str]) -> list[str]:
        """Note what one folder holds, and return the folders in it that are walked, too."""
        if CHART in names:
            self._chart(here)
            return []
        own = kustomization_of(here) if set(NAMES) & set(names) else None
        if own is not None:
            self._kustomizations.append(own)
            if not own.readable:
                text = "not rendered: the kustomization cannot be read, and may change what lies beside it"
                self._leave_out(own.file, text, ProblemKind.NOT_RENDERED, digest([here]))
        files = (here / name for name in names if name.endswith(SUFFIXES))
        self._files += [file for file in files if own is None or file != own.file]
        walked = [name for name in inner if not name.startswith(HIDDEN) and not self._excluded(here / name)]
        self._linked += [here / name for name in walked if (here / name).is_symlink()]
        return walked

    def _note_linked(self) -> None:
        """Note linked folders, which are not walked: their manifests may lie outside of what is read."""
        top = self._found.path.resolve()
        named = {_absolute(chart.path) for chart in self._options.charts}
        named |= {_absolute(folder) for one in self._kustomizations for folder in one.folders}
        for link in self._linked:
            if _absolute(link) not in named and not link.resolve().is_relative_to(top) and _has_manifests(link):
                text = (
                    "not rendered: a link to a folder, which is not followed; name the folder itself, or --exclude it"
                )
                self._leave_out(link, text, ProblemKind.NOT_RENDERED, digest([link]))

    def _chart(self, here: Path) -> None:
        if any(os.path.normpath(chart.path) == os.path.normpath(here) for chart in self._options.charts):
            return
        if not chart_may_decide(here):
            self._leave_out(here, "a Helm chart without policies; `helm template` renders it", workloads=True)
            return
        text = "not rendered: a Helm chart that may hold policies; `helm template` renders it, --exclude leaves it out"
        self._leave_out(here, text, ProblemKind.NOT_RENDERED, digest([here]))

    def _choose(self) -> set[Path]:
        """Sort the kustomizations by who renders them, and return the files that they account for."""
        taken: set[Path] = set()
        named = {_absolute(overlay) for overlay in self._options.overlays}
        standing = roots(self._kustomizations)
        chosen = [one for one in self._kustomizations if _absolute(one.folder) in named] or list(standing)
        for root in dict.fromkeys((*standing, *chosen)):
            parts = within(root)
            if root in chosen:
                self._render(root, parts)
            taken |= self._accounted(parts, told=root in chosen)
        for one in self._kustomizations:
            for patch in sorted(set(one.patches()) - taken):
                if patch in self._files:
                    self._leave_out(patch, "a patch of a kustomization")
                    taken.add(patch)
        return taken

    def _render(self, root: Kustomization, parts: Sequence[Kustomization]) -> None:
        if is_plain(parts):
            self._found.files += files_of(parts)
        elif missing := outside(parts):
            listed = ", ".join(missing[:3])
            text = f"not rendered: its kustomization lists {listed}, which is not here, and nothing is fetched"
            self._leave_out(root.folder, text, ProblemKind.NOT_RENDERED, digest(part.folder for part in parts))
            self._found.files += files_of(parts)
        else:
            self._found.rendered.append(root)

    def _accounted(self, parts: Sequence[Kustomization], *, told: bool) -> set[Path]:
        """Return the files in the folders of kustomizations: those that they list, and those that they do not."""
        listed = set(files_of(parts))
        others: dict[Path, None] = {}
        for part in parts:
            others |= {file: None for file in self._files if file.parent == part.folder and file not in listed}
        patches = {patch for part in parts for patch in part.patches()}
        for file in others if told else ():
            if file not in patches and _may_be_manifest(file):
                self._leave_out(file, "no kustomization of its folder lists it")
        return listed | others.keys() | patches

    def _leave_out(
        self,
        path: Path,
        why: str,
        kind: ProblemKind = ProblemKind.LEFT_OUT,
        content: str = "",
        *,
        workloads: bool = False,
    ) -> None:
        text = why if kind is ProblemKind.NOT_RENDERED else f"left out: {why}"
        place = Place(self._options.shown(path))
        self._found.left_out.append(Problem(place, text, kind, digest=content, workloads=workloads))

    def _excluded(self, file: Path) -> bool:
        excluded = self._options.excluded
        return bool(excluded) and is_excluded(self._options.shown(file), excluded)


def lost_overlays(paths: Iterable[str | Path], options: ReadOptions) -> Iterator[Problem]:
    """Yield a problem for each overlay that was chosen and is none, or that lies in no folder that is read."""
    folders = [Path(_absolute(path)) for path in paths if Path(path).is_dir()]
    for overlay in map(Path, options.overlays):
        place = Place(options.shown(overlay))
        if kustomization_of(overlay) is None:
            yield Problem(place, "has no kustomization.yaml: --overlay names a folder that has one")
        elif not any(_walks(folder, Path(_absolute(overlay)), options) for folder in folders):
            yield Problem(place, "lies in no folder that is read: name a folder that holds the overlay and its bases")


def _walks(folder: Path, inner: Path, options: ReadOptions) -> bool:
    """Whether a walk through a folder meets another one."""
    if not inner.is_relative_to(folder):
        return False
    parts = inner.relative_to(folder).parts
    passed = [folder.joinpath(*parts[: number + 1]) for number in range(len(parts))]
    return not any(
        one.name.startswith(HIDDEN)
        or one.is_symlink()
        or (one.parent / CHART).exists()
        or is_excluded(options.shown(one), options.excluded)
        for one in passed
    )


def _absolute(path: str | Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 # links stay as they are written


def _has_manifests(folder: Path) -> bool:
    return any(name.endswith(SUFFIXES) for _, _, names in os.walk(folder) for name in names)


def _may_be_manifest(file: Path) -> bool:
    try:
        return may_be_manifest(content(file).decode(errors="replace"))
    except OSError:
        return True


def is_excluded(name: str, excluded: Iterable[str]) -> bool:
    """Whether a pattern (`*.json`, `charts/*`, `prod`) names a file: as a whole, its last part, or its end."""
    return any(fnmatch(name, one) or fnmatch(name, f"*/{one}") for one in (pattern.rstrip("/") for pattern in excluded))
