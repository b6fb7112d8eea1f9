"""Reads what a question is about: files, folders, standard input, or a live cluster. All problems together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from meshpolicy.core.document import Document
from meshpolicy.core.errors import InvalidInput, Place, Problem, ProblemKind
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.kinds.admission import refusals
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.parse import parse
from meshpolicy.kinds.schemas import schemas_for
from meshpolicy.kinds.workload import MeshSettings
from meshpolicy.manifests.live import read_context
from meshpolicy.manifests.load import display_path, load


@dataclass(frozen=True, slots=True)
class Reading:
    """The documents that were read, what they say, and what is wrong with them."""

    documents: tuple[Document, ...]
    cluster: Cluster
    problems: tuple[Problem, ...] = ()

    @property
    def unusable(self) -> tuple[Problem, ...]:
        """Return the problems of documents that cannot be read at all."""
        return tuple(problem for problem in self.problems if problem.kind is ProblemKind.UNUSABLE)

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Return the problems of documents that a cluster would refuse."""
        return tuple(problem for problem in self.problems if problem.kind is ProblemKind.REJECTED)


def read(paths: Sequence[str], settings: MeshSettings, context: str = "", progress: Progress = no_progress) -> Reading:
    """Return what the sources say, together with every problem in them."""
    if context:
        return parse_documents(read_context(context), settings, progress=progress)
    documents, unreadable = load(paths, progress)
    return parse_documents(documents, settings, (*unreadable, *_empty(paths, documents, unreadable)), progress)


def parse_documents(
    documents: Iterable[Document],
    settings: MeshSettings,
    before: Iterable[Problem] = (),
    progress: Progress = no_progress,
) -> Reading:
    """Return what documents say."""
    documents = tuple(documents)
    cluster, wrong = parse(progress(documents, "documents understood", len(documents)), settings)
    checked = progress(documents, "documents checked", len(documents))
    refused = tuple(problem for problem in refusals(checked, schemas_for) if not _told(problem.place, wrong))
    return Reading(documents, cluster, (*before, *wrong, *refused))


def _told(place: Place, problems: Iterable[Problem]) -> bool:
    """Whether a problem of the same field, or of a field in it, is known already."""
    return any(
        (known.place.file, known.place.document) == (place.file, place.document)
        and f"{known.place.field}.".startswith(f"{place.field}.")
        for known in problems
    )


def read_strictly(paths: Sequence[str], settings: MeshSettings, progress: Progress = no_progress) -> Cluster:
    """Return what files say, or raise InvalidInput with every problem in them."""
    reading = read(paths, settings, progress=progress)
    if reading.problems:
        raise InvalidInput(reading.problems)
    return reading.cluster


def without_refused(reading: Reading, settings: MeshSettings) -> Reading:
    """Return what the rest says: an object that got into a cluster all the same is skipped by the controller (R38)."""
    refused = {(problem.place.file, problem.place.document) for problem in reading.refused}
    kept = [d for d in reading.documents if (d.place.file, d.place.document) not in refused]
    return parse_documents(kept, settings, reading.refused) if refused else reading


def _empty(paths: Sequence[str], documents: tuple[Document, ...], unreadable: Iterable[Problem]) -> list[Problem]:
    """Note a file that was named and holds no manifest; in folders other files may lie."""
    wrong = {problem.place.file for problem in unreadable}
    manifests = {document.place.file for document in documents if {"apiVersion", "kind"} & document.data.keys()}
    return [
        Problem(Place(display_path(path)), "holds no manifest: no document has apiVersion and kind")
        for path in paths
        if display_path(path) not in wrong | manifests and not Path(path).is_dir()
    ]
