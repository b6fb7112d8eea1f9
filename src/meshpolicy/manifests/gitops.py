"""What Flux and Argo CD make of a folder: which of their objects are rendered from what was read. Pure."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from meshpolicy.core.document import Document
from meshpolicy.kinds.gitops import APPLICATION, FLUX


@dataclass(frozen=True, slots=True)
class Scope:
    """A folder that Flux renders, with the variables and the namespace that it gives to all below it."""

    path: str
    variables: Mapping[str, str]
    namespace: str = ""

    def holds(self, file: str) -> bool:
        """Whether a file lies in the folder, as far as the end of its name tells."""
        return _below(self.path, file)


def covered(documents: Sequence[Document]) -> Iterator[Document]:
    """Yield the documents without those that a tool renders from folders that were read: their objects are here."""
    files = {name for document in documents for name in (document.place.file, document.via) if name}
    for document in documents:
        paths = list(_paths(document))
        if not paths or not all(path and any(_below(path, file) for file in files) for path in paths):
            yield document


def scopes(documents: Iterable[Document]) -> tuple[Scope, ...]:
    """Return the folders to which Flux gives variables or a namespace; where two differ about one, nothing is known."""
    found: dict[str, Scope] = {}
    for document in documents:
        if _kind(document) != FLUX:
            continue
        spec = _mapping(document.data.get("spec"))
        given = _mapping(_mapping(spec.get("postBuild")).get("substitute"))
        path = _normal(spec.get("path"))
        own = Scope(
            path, {str(key): str(value) for key, value in given.items()}, str(spec.get("targetNamespace") or "")
        )
        other = found.get(path, own)
        same = {name: value for name, value in own.variables.items() if other.variables.get(name) == value}
        found[path] = Scope(path, same, own.namespace if own.namespace == other.namespace else "")
    return tuple(one for one in found.values() if one.variables or one.namespace)


def _paths(document: Document) -> Iterator[str]:
    """Yield the folders of a repository that a document is rendered from; an empty text for what is no folder."""
    spec = _mapping(document.data.get("spec"))
    if _kind(document) == FLUX:
        yield _normal(spec.get("path"))
    elif _kind(document) == APPLICATION:
        listed = spec.get("sources")
        for source in listed if isinstance(listed, list) else [spec.get("source")]:
            path = _mapping(source).get("path")
            yield _normal(path) if path else ""


def _kind(document: Document) -> tuple[str, str]:
    return str(document.data.get("apiVersion", "")).partition("/")[0], str(document.data.get("kind", ""))


def _normal(path: object) -> str:
    return posixpath.normpath(str(path or ".")).lstrip("/")


def _below(path: str, file: str) -> bool:
    return path == "." or f"/{path}/" in f"/{file}/".replace(":", "/")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
