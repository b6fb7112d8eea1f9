"""Reads what a question is about: files, folders, standard input, a revision, a live cluster. All problems together."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests import foreign, gitops
from meshpolicy.manifests.folder import lost_overlays
from meshpolicy.manifests.installers import installs
from meshpolicy.manifests.load import load
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.manifests.options import AS_IT_IS, ReadOptions
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.paths import display_path
from meshpolicy.record import replace


def read(
    paths: Sequence[str],
    settings: MeshSettings,
    context: str = "",
    progress: Progress = no_progress,
    options: ReadOptions = AS_IT_IS,
) -> Manifests:
    """Return what the sources say, together with every problem in them."""
    if context:
        from meshpolicy.manifests.live import read_context  # here, as few ask a cluster: files are read sooner

        return replace(parse_documents(read_context(context), settings, progress=progress, closed=True), live=True)
    documents, before = _documents(paths, progress, options)
    if given := gitops.scopes(documents):  # what Flux gives is known once all is read
        documents, before = _documents(paths, progress, replace(options, scopes=given))
    problems = list(before)
    kept = tuple(gitops.covered(tuple(_manifests(documents, problems))))
    return parse_documents(kept, settings, problems, progress, namespace=options.namespace, closed=options.closed)


def _documents(
    paths: Sequence[str], progress: Progress, options: ReadOptions
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    if options.revision:
        from meshpolicy.manifests.revisions import read_revision

        return read_revision(paths, progress, options)
    documents, unreadable = load(paths, progress, options=options)
    return documents, (*unreadable, *_empty(paths, documents, unreadable), *lost_overlays(paths, options))


def _manifests(documents: Iterable[Document], problems: list[Problem]) -> Iterator[Document]:
    """Yield the documents that are meant as objects; what else lies in folders is left out, and named."""
    for document in documents:
        manifest = not document.found or foreign.is_manifest(document.data)
        if manifest or installs(document.data):
            yield document
        if not manifest:
            text = f"left out: {foreign.label(document.place.file, document.data)}"
            problems.append(Problem(document.place, text, ProblemKind.LEFT_OUT))


def _empty(paths: Sequence[str], documents: tuple[Document, ...], unreadable: Iterable[Problem]) -> list[Problem]:
    """Note a file that was named and holds no manifest; in folders other files may lie."""
    wrong = {problem.place.file for problem in unreadable}
    manifests = {document.place.file for document in documents if {"apiVersion", "kind"} & document.data.keys()}
    return [
        Problem(Place(display_path(path)), "holds no manifest: no document has apiVersion and kind")
        for path in paths
        if display_path(path) not in wrong | manifests and not Path(path).is_dir()
    ]
