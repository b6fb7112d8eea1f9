"""Which manifests are run if a person names none: those of the project around the current folder."""

from pathlib import Path

from localmesh.errors import BadInput

PARTS = ("k8s/base", "mesh/policies", "mesh/ingress")
"""The folders of a project, the workloads first."""


def project_manifests(start: Path) -> tuple[Path, ...]:
    """Return the manifests of the project that `start` lies in, or raise BadInput where it lies in none."""
    for folder in (start, *start.parents):
        if (folder / PARTS[0]).is_dir():
            return tuple(folder / part for part in PARTS if (folder / part).is_dir())
    raise BadInput(
        f"no manifests: neither {start} nor a folder above it has {PARTS[0]}",
        hint="name the folders with --manifests, or set LOCALMESH_MANIFESTS",
    )
