"""Which manifests are run, and what they say: every problem in them is reported before anything starts."""

from collections.abc import Iterable
from pathlib import Path

from meshpolicy.parse import Cluster, parse

from localmesh.errors import BadInput
from meshpolicy.load import load

PARTS = ("k8s/base", "mesh/policies", "mesh/ingress")
"""The folders of a project, the workloads first."""


def project_manifests(start: Path) -> tuple[Path, ...]:
    """Return the manifests of the project that `start` lies in, or raise BadInput where it lies in none."""
    for folder in (start, *start.parents):
        found = tuple(folder / part for part in PARTS if (folder / part).is_dir())
        if found and found[0] == folder / PARTS[0]:
            return found
    raise BadInput(
        f"no manifests: neither {start} nor a folder above it has {PARTS[0]}",
        hint="name the folders with --manifests, or set LOCALMESH_MANIFESTS",
    )


def read_cluster(paths: Iterable[Path]) -> Cluster:
    """Return what the manifests say, or raise BadInput with every problem in them."""
    documents, unreadable = load(tuple(paths))
    cluster, wrong = parse(documents)
    problems = (*unreadable, *wrong)
    if problems:
        raise BadInput(*(str(problem) for problem in problems), hint="mend these; nothing was started")
    return cluster
