"""Kustomizations of a folder: which stand on their own, what they list, and whether their lists say all of it."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from meshpolicy.kinds.cniplugin import CONFIGS
from meshpolicy.manifests.content import content

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
GROUP = "kustomize.config.k8s.io"
LISTS = ("resources", "bases")
PLAIN = frozenset(
    (
        *("apiVersion", "kind", "metadata", "images", "buildMetadata", "sortOptions"),
        *("configMapGenerator", "secretGenerator", "generatorOptions"),
        *LISTS,
    )
)
"""Fields that change nothing on which an answer rests: images, and ConfigMaps and Secrets that are made."""
CHANGES = frozenset(
    (
        *("patches", "patchesJson6902", "patchesStrategicMerge", "replacements", "vars", "replicas", "configurations"),
        *("namespace", "namePrefix", "nameSuffix", "commonLabels", "labels", "commonAnnotations", "crds", "openapi"),
    )
)
"""Fields that only change what is listed."""
DEEPEST = 50
"""Kustomizations below each other; more is a circle."""
TEXTS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, eq=False)
class Kustomization:
    """What the file of one folder says."""

    folder: Path
    file: Path
    data: Mapping[str, Any]
    readable: bool = True

    @property
    def component(self) -> bool:
        """Whether it only changes what others list."""
        return self.data.get("kind") == "Component"

    @property
    def resources(self) -> tuple[str, ...]:
        """Return what it lists, files and folders."""
        return tuple(entry for key in LISTS for entry in texts(self.data, key))

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """Return the folders that it takes in, components among them."""
        entries = (*self.resources, *texts(self.data, "components"))
        return tuple(path for path in map(self.at, entries) if path.is_dir())

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Return what it lists and is not here: on the net, or nowhere."""
        entries = (*self.resources, *texts(self.data, "components"))
        return tuple(entry for entry in entries if not self.at(entry).exists())

    def at(self, entry: str) -> Path:
        """Return the path of what it names."""
        return Path(os.path.normpath(self.folder / entry))

    def patches(self) -> Iterator[Path]:
        """Yield the files that it takes for patches: parts of objects, not objects."""
        for key in ("patches", "patchesJson6902", "replacements"):
            for entry in listed(self.data, key):
                if isinstance(entry, dict) and isinstance(entry.get("path"), str):
                    yield self.at(entry["path"])
        for entry in texts(self.data, "patchesStrategicMerge"):
            if "\n" not in entry and entry.endswith(TEXTS):
                yield self.at(entry)


def listed(data: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list of a kustomization; an empty one where something else stands."""
    value = data.get(key)
    return value if isinstance(value, list) else []


def texts(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(entry for entry in listed(data, key) if isinstance(entry, str))


def kustomization_of(folder: Path) -> Kustomization | None:
    """Return the kustomization of a folder; None where it has none. One that cannot be read says nothing."""
    for file in (folder / name for name in NAMES):
        if file.is_file():
            data = _read(file)
            version = (data or {}).get("apiVersion") or GROUP
            if data is None or not isinstance(version, str):
                return Kustomization(folder, file, {}, readable=False)
            return Kustomization(folder, file, data) if version.partition("/")[0] == GROUP else None
    return None


def _read(file: Path) -> dict[str, Any] | None:
    try:
        data = yaml.safe_load(content(file))
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def roots(found: Sequence[Kustomization]) -> tuple[Kustomization, ...]:
    """Return those that bring objects, by a list or by a generator or chart, and that none of the others takes in."""
    taken = {folder for one in found for folder in one.folders}
    return tuple(
        one for one in found if (one.resources or one.data.keys() - PLAIN - CHANGES) and not _is_part(one, taken)
    )


def _is_part(one: Kustomization, taken: set[Path]) -> bool:
    return one.component or Path(os.path.normpath(one.folder)) in taken


def within(root: Kustomization) -> tuple[Kustomization, ...]:
    """Return a kustomization and all that it takes in; each once."""
    found: dict[Path, Kustomization] = {}
    waiting = [(root, 0)]
    while waiting:
        one, depth = waiting.pop(0)
        if one.folder in found or depth > DEEPEST:
            continue
        found[one.folder] = one
        inner = map(kustomization_of, one.folders)
        waiting += [(other, depth + 1) for other in inner if other is not None]
    return tuple(found.values())


def is_plain(parts: Sequence[Kustomization]) -> bool:
    """Whether the files that they list are all that decides access: nothing is changed, and nothing lies elsewhere."""
    known = {part.folder for part in parts}
    return all(
        part.data.keys() <= PLAIN
        and not part.elsewhere
        and known.issuperset(part.folders)
        and not _makes_settings(part)
        for part in parts
    )


def _makes_settings(part: Kustomization) -> bool:
    """Whether it makes a ConfigMap that says what the mesh was installed with."""
    return any(isinstance(one, dict) and one.get("name") in CONFIGS for one in listed(part.data, "configMapGenerator"))


def files_of(parts: Iterable[Kustomization]) -> tuple[Path, ...]:
    """Return the files that kustomizations list, each once."""
    return tuple(dict.fromkeys(path for part in parts for path in map(part.at, part.resources) if path.is_file()))


def outside(parts: Iterable[Kustomization]) -> tuple[str, ...]:
    """Return what they list and is not here."""
    return tuple(dict.fromkeys(entry for part in parts for entry in part.elsewhere))


def digest_of(content: bytes) -> str:
    """Return a hash of what a file holds."""
    import hashlib  # here, as it is a large library, and most manifests are rendered already

    return hashlib.sha256(content).hexdigest()


def digest(folders: Iterable[Path]) -> str:
    """Return a hash of all files in folders, by which two states are told apart."""
    import hashlib

    found = hashlib.sha256()
    for folder in folders:
        for where, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                found.update(name.encode(errors="replace") + b"\0")
                try:
                    found.update(content(Path(where, name)))
                except OSError as error:
                    found.update(str(error.errno).encode())
    return found.hexdigest()
