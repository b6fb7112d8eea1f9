"""Collects evidence: `python -m meshup.evidence [FOLDER]`."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kindmesh.errors import KindMeshError
from meshpolicy.core.errors import MeshPolicyError
from meshup.backend import Backend
from meshup.evidence import live, static
from meshup.evidence.folder import FolderTaken, claim, write
from meshup.evidence.tenets import TENETS, Fact, Outcome, facts, failed
from meshup.running import cluster_runs, local_mesh_runs

ROOT = Path(__file__).resolve().parents[3]
FINDING, BAD_INPUT = 1, 2
ABOUT = """\
Write a folder of evidence: an inventory, who may call whom, the proofs, the pinned versions, the SHA-256 of every
input, and, of a mesh that runs, its state and its verification. tenets.json orders the facts by the seven tenets of
NIST SP 800-207. Exits 1 if a fact does not hold, 2 if the manifests cannot be read. What needs a running mesh is
`not run` where none runs, which is no failure.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Collect the evidence, write it, say what it shows, and return the exit code."""
    parser = argparse.ArgumentParser(prog="just evidence", description=ABOUT)
    parser.add_argument("folder", nargs="?", default="evidence", help="where to write it (default: evidence)")
    parser.add_argument("--static", action="store_true", help="leave out what needs a running mesh")
    asked = parser.parse_args(arguments)
    backend = None if asked.static else running()
    try:
        claim(Path(asked.folder))
        documents = []
        for document in static.documents(ROOT):
            if document.not_run:
                sys.stderr.write(f"error: {document.command}: {document.not_run}\n")
                return BAD_INPUT
            documents.append(document)
        documents += live.documents(ROOT, backend)
        now = datetime.now(UTC)  # after all is collected: a certificate that was issued meanwhile ends a day from then
        found = facts(documents, now)
        write(Path(asked.folder), about(now, backend), documents, found)
    except (MeshPolicyError, KindMeshError, FolderTaken, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return BAD_INPUT
    sys.stdout.write(f"{summary(found)}\nwritten to {asked.folder}; `sha256sum --check SHA256SUMS` checks it there\n")
    return FINDING if failed(found) else 0


def running() -> Backend | None:
    """Return the backend that runs, the local mesh first; None: neither does."""
    if local_mesh_runs():
        return Backend.LOCAL
    return Backend.KIND if cluster_runs() else None


def about(now: datetime, backend: Backend | None) -> dict[str, Any]:
    """Return when this was, of which commit, and on which backend."""
    return {"standard": "NIST SP 800-207, section 2.1", "at": now.isoformat(timespec="seconds"), "commit": commit()} | {
        "backend": str(backend) if backend else "none"
    }


def commit() -> str:
    """Return the commit that is checked out, with `+` where files differ from it; empty without git."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"],  # noqa: S607 git, from PATH
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


def summary(found: Sequence[Fact]) -> str:
    """Return the tenets, each with its facts, as text."""
    marks = {Outcome.HOLDS: "✓", Outcome.FAILS: "✗", Outcome.NOT_RUN: "-"}
    lines = []
    for number, title in TENETS.items():
        lines.append(f"{number}. {title}")
        for fact in (fact for fact in found if fact.tenet == number):
            lines.append(f"   {marks[fact.outcome]} {fact.statement}")
            if fact.outcome is not Outcome.HOLDS:
                lines.append(f"     {fact.outcome}: {fact.found}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
