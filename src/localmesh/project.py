"""The current checkout: it provides the default manifests and owns the state folder."""

from collections.abc import Iterable
from pathlib import Path

from localmesh.errors import BadInput

PARTS = ("k8s/base", "mesh/policies", "mesh/ingress")
"""The folders of a project, the workloads first."""


OWN = Path(__file__).resolve().parents[2]
"""The checkout that this program runs from, if it is not installed elsewhere."""


def around(path: Path) -> Path | None:
    """Return the checkout that contains a path, or None."""
    path = path.resolve()
    return next((folder for folder in (path, *path.parents) if (folder / PARTS[0]).is_dir()), None)


def checkout(start: Path) -> Path | None:
    """Return the checkout around a folder, else the one that this program runs from, else None."""
    return around(start) or around(OWN)


def project_manifests(start: Path) -> tuple[Path, ...]:
    """Return the manifests of the checkout for the folder `start`; raises BadInput if there is none."""
    root = checkout(start)
    if root is None:
        raise BadInput(
            f"no manifests: neither {start} nor a folder above it has {PARTS[0]}",
            hint="name the folders with --manifests, or set LOCALMESH_MANIFESTS",
        )
    return tuple(root / part for part in PARTS if (root / part).is_dir())


def whose(manifests: Iterable[Path]) -> str:
    """Return the owner of a mesh with these manifests, in words: the checkout with all of them, else the manifests."""
    manifests = tuple(manifests)
    roots = {around(path) for path in manifests}
    return str(roots.pop()) if len(roots) == 1 and None not in roots else ", ".join(map(str, manifests))
