"""Evidence that the running mesh gives: the state of its pods, and the calls that `verify` makes."""

import os
from collections.abc import Iterator
from pathlib import Path

from meshup.backend import Backend
from meshup.evidence.document import Document, ask

VERIFY_SECONDS = 900.0
"""`verify` on a cluster starts pods of its own and waits for scrapes: some minutes on a slow machine."""


def documents(root: Path, backend: Backend | None) -> Iterator[Document]:
    """Yield the state of the mesh and its verification; without a backend, that neither was run."""
    for name, words, seconds in (
        ("status", ["status", "--output", "json"], 60.0),
        ("verification", ["verify", "--output", "json"], VERIFY_SECONDS),
    ):
        if backend is None:
            yield Document(name, "", not_run="no mesh runs: start one with `just up`")
        else:
            yield ask(name, [backend.value, *words], root, dict(os.environ), seconds)
