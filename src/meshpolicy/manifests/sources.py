"""Reads what a question is about: files, folders, standard input, or a live cluster. All problems together."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from meshpolicy.core.document import Document
from meshpolicy.core.errors import InvalidInput, Place, Problem
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import MeshSettings
from meshpolicy.manifests.live import read_context
from meshpolicy.manifests.load import display_path, load
from meshpolicy.manifests.parse import Manifests, parse_documents


def read(
    paths: Sequence[str], settings: MeshSettings, context: str = "", progress: Progress = no_progress
) -> Manifests:
    """Return what the sources say, together with every problem in them."""
    if context:
        return parse_documents(read_context(context), settings, progress=progress)
    documents, unreadable = load(paths, progress)
    return parse_documents(documents, settings, (*unreadable, *_empty(paths, documents, unreadable)), progress)


def read_strictly(paths: Sequence[str], settings: MeshSettings, progress: Progress = no_progress) -> Cluster:
    """Return what files say, or raise InvalidInput with every problem in them."""
    reading = read(paths, settings, progress=progress)
    if reading.problems:
        raise InvalidInput(reading.problems)
    return reading.cluster


def _empty(paths: Sequence[str], documents: tuple[Document, ...], unreadable: Iterable[Problem]) -> list[Problem]:
    """Note a file that was named and holds no manifest; in folders other files may lie."""
    wrong = {problem.place.file for problem in unreadable}
    manifests = {document.place.file for document in documents if {"apiVersion", "kind"} & document.data.keys()}
    return [
        Problem(Place(display_path(path)), "holds no manifest: no document has apiVersion and kind")
        for path in paths
        if display_path(path) not in wrong | manifests and not Path(path).is_dir()
    ]
