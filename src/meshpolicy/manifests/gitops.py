"""What Flux and Argo CD make of a folder: which of their objects are rendered from what was read. Pure."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from meshpolicy.core.document import Document
from meshpolicy.kinds.gitops import APPLICATION, FLUX
from meshpolicy.record import record

CHANGES = {
    *("patches", "patchesStrategicMerge", "patchesJson6902", "components", "namePrefix", "nameSuffix"),
    *("commonMetadata", "kustomize", "helm", "plugin"),
}
"""Fields of a Kustomization of Flux, or of a source of Argo CD, that change what a folder holds."""

ARTIFACTS = ("OCIRepository", "Bucket")


@record
class Scope:
    """A folder that Flux renders, with the variables and the namespace that it gives to all below it."""

    path: str
    variables: Mapping[str, str]
    namespace: str = ""
    more: bool = False
    """Whether objects of the cluster give variables, too (`substituteFrom`): no default is certain to hold."""

    def holds(self, file: str) -> bool:
        """Whether a file lies in the folder, as far as the end of its name tells."""
        return _below(self.path, file)


def covered(documents: Sequence[Document]) -> Iterator[Document]:
    """Yield the documents without those that a tool renders from folders that were read: their objects are here."""
    rendering = _rendering(documents)
    if not rendering:
        yield from documents
        return
    files = {name for document in documents for name in (document.place.file, document.via) if name}
    one = _one_repository(rendering)
    for document in documents:
        paths = list(_paths(document)) if one else []
        if not paths or not all(path and any(_below(path, file) for file in files) for path in paths):
            yield document


def scopes(documents: Sequence[Document]) -> tuple[Scope, ...]:
    """Return the folders to which Flux gives variables or a namespace; where two differ about one, nothing is known."""
    found: dict[str, Scope] = {}
    rendering = _rendering(documents)
    for document in rendering if _one_repository(rendering) else ():
        spec = _mapping(document.data.get("spec"))
        path = _normal(spec.get("path"))
        if _kind(document) != FLUX or not path or _is_artifact(spec):
            continue
        built = _mapping(spec.get("postBuild"))
        given = {str(key): str(value) for key, value in _mapping(built.get("substitute")).items()}
        own = Scope(path, given, str(spec.get("targetNamespace") or ""), bool(built.get("substituteFrom")))
        other = found.get(path, own)
        same = {name: value for name, value in own.variables.items() if other.variables.get(name) == value}
        namespace = own.namespace if own.namespace == other.namespace else ""
        found[path] = Scope(path, same, namespace, own.more or other.more)
    return tuple(one for one in found.values() if one.variables or one.namespace or one.more)


def _rendering(documents: Iterable[Document]) -> list[Document]:
    """Return the documents of a kind that renders folders: few have any."""
    kinds = {FLUX[1], APPLICATION[1]}
    return [document for document in documents if str(document.data.get("kind")) in kinds]


def _paths(document: Document) -> Iterator[str]:
    """Yield the folders of a repository that a document is rendered from, as they are.

    An empty text stands for what is no folder, for one that is changed, and for all of a repository: nothing tells
    whether that repository is this one.
    """
    for source in _sources(document):
        yield "" if CHANGES & source.keys() or _is_artifact(source) else _normal(source.get("path"))


def _sources(document: Document) -> Iterator[Mapping[str, Any]]:
    """Yield what names a folder, and what is changed in it: the `spec` of Flux, each source of Argo CD."""
    spec = _mapping(document.data.get("spec"))
    if _kind(document) == FLUX:
        yield spec
    elif _kind(document) == APPLICATION:
        listed = spec.get("sources")
        yield from map(_mapping, listed if isinstance(listed, list) else [spec.get("source")])


def _is_artifact(source: Mapping[str, Any]) -> bool:
    """Whether Flux reads a source from a registry or a bucket: what was put in there, no repository says."""
    return _mapping(source.get("sourceRef")).get("kind") in ARTIFACTS


def _one_repository(documents: Iterable[Document]) -> bool:
    """Whether all folders are of one repository: of several, nothing tells which one was read."""
    sources = ((one, source) for one in documents for source in _sources(one) if not _is_artifact(source))
    named = {_repository(document, source) for document, source in sources}
    return len(named - {None}) <= 1


def _repository(document: Document, source: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what tells a repository from others; None for a chart, which is of none."""
    if _kind(document) == APPLICATION:
        url = str(source.get("repoURL") or "").rstrip("/").removesuffix(".git")
        return (url,) if source.get("path") else None
    given = _mapping(source.get("sourceRef"))
    own = _mapping(document.data.get("metadata")).get("namespace")
    return tuple(str(value or "") for value in (given.get("kind"), given.get("namespace") or own, given.get("name")))


def _kind(document: Document) -> tuple[str, str]:
    return str(document.data.get("apiVersion", "")).partition("/")[0], str(document.data.get("kind", ""))


def _normal(path: object) -> str:
    """Return a path below the root of its repository; an empty text for the root."""
    normal = posixpath.normpath(str(path or ".")).lstrip("/")
    return "" if normal == "." else normal


def _below(path: str, file: str) -> bool:
    return f"/{path}/" in f"/{file}/".replace(":", "/")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
