"""Reads what a question is about: files, folders, standard input, a revision, a live cluster. All problems together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.live import read_context
from meshpolicy.manifests.load import load
from meshpolicy.manifests.parse import Manifests, parse_documents
from meshpolicy.manifests.paths import display_path
from meshpolicy.manifests.revisions import read_revision


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are read."""

    excluded: tuple[str, ...] = ()
    """Patterns of files that are left out."""
    namespace: str = ""
    """The namespace of objects that name none; empty: `default`."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Values of the variables that a GitOps tool would fill in."""
    closed: bool = False
    """Whether the cluster has no other objects than those that are read."""
    revision: str = ""
    """The git revision in which the files are read; empty: as they are now."""


def read(
    paths: Sequence[str],
    settings: MeshSettings,
    context: str = "",
    progress: Progress = no_progress,
    options: ReadOptions = ReadOptions(),
) -> Manifests:
    """Return what the sources say, together with every problem in them."""
    if context:
        return replace(parse_documents(read_context(context), settings, progress=progress, closed=True), live=True)
    excluded, variables = options.excluded, options.variables
    if options.revision:
        documents, before = read_revision(options.revision, paths, progress, excluded=excluded, variables=variables)
    else:
        documents, unreadable = load(paths, progress, excluded=excluded, variables=variables)
        before = (*unreadable, *_empty(paths, documents, unreadable))
    return parse_documents(documents, settings, before, progress, namespace=options.namespace, closed=options.closed)


def _empty(paths: Sequence[str], documents: tuple[Document, ...], unreadable: Iterable[Problem]) -> list[Problem]:
    """Note a file that was named and holds no manifest; in folders other files may lie."""
    wrong = {problem.place.file for problem in unreadable}
    manifests = {document.place.file for document in documents if {"apiVersion", "kind"} & document.data.keys()}
    return [
        Problem(Place(display_path(path)), "holds no manifest: no document has apiVersion and kind")
        for path in paths
        if display_path(path) not in wrong | manifests and not Path(path).is_dir()
    ]
