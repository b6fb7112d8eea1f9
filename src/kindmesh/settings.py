"""The settings, from `KINDMESH_*` in the environment, and where the project's files are."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kindmesh.errors import BadInput

CLUSTER = "pingpong"
IMAGE = "pingpong:dev"
OPTIONAL = ("cert-manager", "viz", "tracing", "ingress")
"""Parts that can be left out; policies and NetworkPolicies cannot."""
EXTRA = ("cni", "enforcer")
"""Parts that are left out unless KINDMESH_WITH names them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which cluster, and what replaces the usual tools where they are not available."""

    root: Path
    context: str
    existing: bool
    """Whether the cluster existed before: it is neither created nor removed."""
    image_loader: tuple[str, ...]
    """A command that makes `pingpong:dev` available on the nodes; empty: `docker build` and `kind load`."""
    charts: str
    """A folder that holds the charts, each under its own name; empty: from their repositories."""
    crds: str
    """A folder of Gateway API's CustomResourceDefinitions; empty: from the release."""
    values: Path | None
    """A folder of Helm values that override the project's, one file named after each release."""
    overlay: Path
    network: Path
    without: frozenset[str]

    @property
    def parts(self) -> tuple[Path, ...]:
        """The folders of the ingress and of tracing; with Linkerd's CNI plugin their pods pass `restricted`."""
        mesh = self.root / "mesh"
        return (mesh / "cni",) if self.has("cni") else (mesh / "ingress", mesh / "observability")

    def has(self, part: str) -> bool:
        """Whether an optional part is wanted."""
        return part not in self.without


def read(environment: Mapping[str, str], root: Path) -> Settings:
    """Return the settings, or say all that is wrong with them."""
    wrong: list[str] = []
    chosen = {}
    for name, parts in (("KINDMESH_WITHOUT", OPTIONAL), ("KINDMESH_WITH", EXTRA)):
        chosen[name] = frozenset(word.strip() for word in environment.get(name, "").split(",") if word.strip())
        if unknown := sorted(chosen[name] - set(parts)):
            wrong.append(f"{name}: {', '.join(unknown)} is unknown; expected {', '.join(parts)}")
    without = chosen["KINDMESH_WITHOUT"] | (set(EXTRA) - chosen["KINDMESH_WITH"])
    folders: dict[str, Path | None] = {}
    for name, usual in (
        ("KINDMESH_CHARTS", None),
        ("KINDMESH_CRDS", None),
        ("KINDMESH_VALUES", None),
        ("KINDMESH_OVERLAY", root / "k8s/overlays" / ("kind" if "cni" in without else "kind-cni")),
        ("KINDMESH_NETWORK", root / "mesh/network"),
    ):
        folders[name] = Path(environment[name]).absolute() if environment.get(name) else usual
        if folders[name] is not None and not folders[name].is_dir():  # type: ignore[union-attr]
            wrong.append(f"{name}: {folders[name]} is not a folder")
    loader: tuple[str, ...] = ()
    try:
        loader = tuple(shlex.split(environment.get("KINDMESH_IMAGE_LOADER", "")))
    except ValueError as error:
        wrong.append(f"KINDMESH_IMAGE_LOADER: {environment['KINDMESH_IMAGE_LOADER']} is not a command: {error}")
    if wrong:
        raise BadInput("; ".join(wrong))
    context = environment.get("KINDMESH_CONTEXT", "")
    return Settings(
        root=root,
        context=context or f"kind-{CLUSTER}",
        existing=bool(context),
        image_loader=loader,
        charts=str(folders["KINDMESH_CHARTS"] or ""),
        crds=str(folders["KINDMESH_CRDS"] or ""),
        values=folders["KINDMESH_VALUES"],
        overlay=folders["KINDMESH_OVERLAY"] or root,
        network=folders["KINDMESH_NETWORK"] or root,
        without=frozenset(without),
    )


def project_root() -> Path:
    """Return the folder that holds `k8s` and `mesh`."""
    for folder in (Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[2]):
        if (folder / "k8s/base").is_dir() and (folder / "mesh").is_dir():
            return folder
    raise BadInput("no project was found around the current folder", "run this from a checkout of the project")
