"""Which files of a folder are manifests. What only a tool could render is left out, and named."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.manifests.paths import display_path

SUFFIXES = (".yaml", ".yml", ".json")
HIDDEN = "."
"""How folders begin that are read only where they are named: those of git, of editors, of an environment."""
CHART = "Chart.yaml"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass(slots=True)
class Folder:
    """The files of one folder and of those below it, sorted by whether they are read."""

    path: Path
    files: list[Path] = field(default_factory=list)
    left_out: list[Problem] = field(default_factory=list)
    unreadable: list[Problem] = field(default_factory=list)


def manifests_in(path: Path, excluded: Sequence[str] = ()) -> Folder:
    """Return what a folder holds, in the order of names.

    Left out are files that a pattern of `excluded` names, Helm charts, and the patches of kustomizations.
    """
    failed: list[OSError] = []
    found = Folder(path)
    for where, inner, names in os.walk(path, onerror=failed.append):
        here = Path(where)
        if CHART in names:
            found.left_out.append(_left_out(here, f"a Helm chart; `helm template {display_path(here)}` renders it"))
            inner.clear()
            continue
        inner[:] = [name for name in inner if not name.startswith(HIDDEN) and not _excluded(here / name, excluded)]
        found.left_out += _patches(here, names)
        found.files += [here / name for name in names if name.endswith(SUFFIXES)]
    patches = {problem.place.file for problem in found.left_out}
    found.files = sorted(
        file for file in found.files if display_path(file) not in patches and not _excluded(file, excluded)
    )
    found.unreadable += [
        Problem(Place(display_path(error.filename)), f"cannot be read: {error.strerror}") for error in failed
    ]
    return found


def is_excluded(name: str, excluded: Iterable[str]) -> bool:
    """Whether a pattern (`*.json`, `charts/*`, `prod`) names a file: as a whole, its last part, or its end."""
    return any(fnmatch(name, one) or fnmatch(name, f"*/{one}") for one in (pattern.rstrip("/") for pattern in excluded))


def _excluded(file: Path, excluded: Sequence[str]) -> bool:
    return bool(excluded) and is_excluded(display_path(file), excluded)


def _left_out(path: Path, why: str) -> Problem:
    return Problem(Place(display_path(path)), f"left out: {why}", ProblemKind.LEFT_OUT)


def _patches(folder: Path, names: Sequence[str]) -> Iterator[Problem]:
    """Yield the files that the kustomization of a folder takes for patches: parts of objects, not objects."""
    for name in KUSTOMIZATIONS:
        if name in names:
            for file in dict.fromkeys(_patch_files(_read(folder / name))):
                text = (
                    f"a patch of {display_path(folder / name)}; `kubectl kustomize {display_path(folder)}` renders it"
                )
                yield _left_out(Path(os.path.normpath(folder / file)), text)


def _patch_files(kustomization: dict[str, Any]) -> Iterator[str]:
    for entry in _listed(kustomization, "patches") + _listed(kustomization, "patchesJson6902"):
        if isinstance(entry, dict) and isinstance(entry.get("path"), str):
            yield entry["path"]
    for entry in _listed(kustomization, "patchesStrategicMerge"):
        if isinstance(entry, str) and entry.endswith(SUFFIXES):
            yield entry


def _listed(data: dict[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []


def _read(file: Path) -> dict[str, Any]:
    """Return a kustomization, an empty one where it cannot be read: it is no manifest, and nothing depends on it."""
    try:
        data = yaml.safe_load(file.read_bytes())
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
