"""Which files of a folder are manifests, and which kustomizations are rendered. What is left out is named."""

import os
from collections.abc import Iterable, Sequence
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
    return _Walk(path, options).folder()


class _Walk:
    """One walk through a folder."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        self._options = options
        self._found = Folder(path)
        self._kustomizations: list[Kustomization] = []
        self._files: list[Path] = []

    def folder(self) -> Folder:
        failed: list[OSError] = []
        for where, inner, names in os.walk(self._found.path, onerror=failed.append):
            inner[:] = self._visit(Path(where), inner, names)
        taken = self._choose()
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
        return [name for name in inner if not name.startswith(HIDDEN) and not self._excluded(here / name)]

    def _chart(self, here: Path) -> None:
        if any(os.path.normpath(chart.path) == os.path.normpath(here) for chart in self._options.charts):
            return
        if not chart_may_decide(here):
            self._leave_out(here, "a Helm chart without policies; `helm template` renders it")
            return
        text = "not rendered: a Helm chart that may hold policies; `helm template` renders it, --exclude leaves it out"
        self._leave_out(here, text, ProblemKind.NOT_RENDERED, digest([here]))

    def _choose(self) -> set[Path]:
        """Sort the kustomizations by who renders them, and return the files that they account for."""
        taken: set[Path] = set()
        named = {os.path.normpath(overlay) for overlay in self._options.overlays}
        standing = roots(self._kustomizations)
        chosen = [one for one in self._kustomizations if os.path.normpath(one.folder) in named] or list(standing)
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

    def _leave_out(self, path: Path, why: str, kind: ProblemKind = ProblemKind.LEFT_OUT, content: str = "") -> None:
        text = why if kind is ProblemKind.NOT_RENDERED else f"left out: {why}"
        self._found.left_out.append(Problem(Place(self._options.shown(path)), text, kind, digest=content))

    def _excluded(self, file: Path) -> bool:
        excluded = self._options.excluded
        return bool(excluded) and is_excluded(self._options.shown(file), excluded)


def _may_be_manifest(file: Path) -> bool:
    try:
        return may_be_manifest(content(file).decode(errors="replace"))
    except OSError:
        return True


def is_excluded(name: str, excluded: Iterable[str]) -> bool:
    """Whether a pattern (`*.json`, `charts/*`, `prod`) names a file: as a whole, its last part, or its end."""
    return any(fnmatch(name, one) or fnmatch(name, f"*/{one}") for one in (pattern.rstrip("/") for pattern in excluded))
