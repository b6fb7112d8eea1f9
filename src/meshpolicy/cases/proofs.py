"""Reads files of sentences to prove, with the manifests that they are about. Opens files through `load` only."""

from collections.abc import Iterator
from pathlib import Path

from meshpolicy.analysis.phrases import InvalidPhrase
from meshpolicy.analysis.sentence import Sentence, read_sentence
from meshpolicy.cases.read import read_settings
from meshpolicy.core.errors import Place, Problem
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.load import load
from meshpolicy.record import record

FIELDS = frozenset(("manifests", "cluster", "prove"))


@record
class Claimed:
    """A sentence of a file, and why it must hold."""

    sentence: Sentence
    place: Place
    why: str = ""


@record
class Proofs:
    """The claims of one file about some manifests."""

    manifests: tuple[str, ...]
    settings: MeshSettings
    claims: tuple[Claimed, ...]


def read_proofs(path: str) -> tuple[tuple[Proofs, ...], tuple[Problem, ...]]:
    """Return the claims of a file, one set for each document, and all mistakes in it."""
    documents, found = load([path], words=True)
    problems = list(found)
    proofs = []
    for document in documents:
        fields = Fields(document.data, document.place, problems)
        for name in sorted(set(document.data) - FIELDS):
            fields.note(name, "is not a field of a file of sentences; there are manifests, cluster and prove")
        settings = read_settings(fields.child("cluster"))
        folder = Path(path).parent
        manifests = tuple(str(folder / name) for name in fields.texts("manifests"))
        if not manifests:
            fields.note("manifests", "is missing: files and folders that the sentences are about, from this file on")
        proofs.append(Proofs(manifests, settings, tuple(_claims(fields, settings))))
    return tuple(proofs), tuple(problems)


def _claims(fields: Fields, settings: MeshSettings) -> Iterator[Claimed]:
    entries = fields.data.get("prove")
    if not isinstance(entries, list) or not entries:
        fields.note("prove", "is missing or empty: a list of sentences")
        return
    for number, entry in enumerate(entries):
        key = f"prove[{number}]"
        text, why = (entry, "") if isinstance(entry, str) else ("", "")
        if isinstance(entry, dict):
            text, why = str(entry.get("sentence", "")), str(entry.get("why", ""))
        try:
            yield Claimed(read_sentence(text, settings), fields.at(key), why)
        except InvalidPhrase as error:
            fields.note(key, str(error))


def is_proofs(path: str) -> bool:
    """Whether a path is a file of sentences."""
    if not Path(path).is_file():
        return False
    documents, _ = load([path], words=True)
    return any("prove" in document.data for document in documents)
