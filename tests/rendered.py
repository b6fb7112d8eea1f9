"""The project's own manifests, as written and as kustomize builds them."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .onpath import really

ROOT = Path(__file__).resolve().parent.parent
Object = dict[str, Any]
"""A Kubernetes object: its shape is the API's, not ours."""


@dataclass(frozen=True, slots=True)
class Written:
    """One document of a file."""

    path: Path
    number: int
    body: Any

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}#{self.number}"

    @property
    def is_manifest(self) -> bool:
        """Whether it is an object for the API server: Helm values and other files have no kind."""
        return isinstance(self.body, dict) and "kind" in self.body and "apiVersion" in self.body


@cache
def written() -> tuple[Written, ...]:
    """Return every YAML document below `k8s` and `mesh`."""
    files = sorted(path for folder in ("k8s", "mesh") for path in (ROOT / folder).rglob("*.y*ml"))
    return tuple(
        Written(path, number, body)
        for path in files
        for number, body in enumerate(load_all(path), 1)
        if body is not None
    )


def load_all(path: Path) -> Iterator[Any]:
    """Return the documents of a file."""
    yield from yaml.load_all(path.read_text(), yaml.CSafeLoader)


def folders() -> list[str]:
    """Return every folder that kustomize can build."""
    found = sorted(path.parent for folder in ("k8s", "mesh") for path in (ROOT / folder).rglob("kustomization.yaml"))
    return [str(path.relative_to(ROOT)) for path in found]


@cache
def built(folder: str) -> tuple[Object, ...]:
    """Return what kustomize makes of a folder."""
    words = (really("kubectl"), "kustomize", ROOT / folder)
    found = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert found.returncode == 0, found.stderr
    return tuple(body for body in yaml.load_all(found.stdout, yaml.CSafeLoader) if body)


def of_kind(objects: tuple[Object, ...], kind: str) -> list[Object]:
    """Return the objects of one kind."""
    return [found for found in objects if found["kind"] == kind]


def strings(value: Any) -> Iterator[str]:
    """Return every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
