"""Helm releases: installed or upgraded when something about them changed, and left alone otherwise.

Charts make new webhook certificates at every upgrade: one without need would still change the cluster.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from kindmesh.command import attempt, run
from kindmesh.errors import CommandFailed
from kindmesh.pins import Pin
from kindmesh.settings import Settings

HELM_TIMEOUT = 400.0
MARK = "kindmesh "
"""How the description of a release begins that this package has installed."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release: its chart, its namespace, and the project's values for it."""

    name: str
    namespace: str
    values: str = ""
    values_with_cni: str = ""
    """What is added to them where Linkerd's CNI plugin sets the routes of pods."""


CRDS = Release("linkerd-crds", "linkerd")
CNI = Release("linkerd2-cni", "linkerd-cni", "mesh/linkerd/cni.yaml")
CONTROL_PLANE = Release(
    "linkerd-control-plane", "linkerd", "mesh/linkerd/control-plane.yaml", "mesh/linkerd/control-plane-cni.yaml"
)
VIZ = Release("linkerd-viz", "linkerd-viz", "mesh/linkerd/viz.yaml")
CERT_MANAGER = Release("cert-manager", "cert-manager", "mesh/linkerd/cert-manager.yaml")
TRUST_MANAGER = Release("trust-manager", "cert-manager", "mesh/linkerd/trust-manager.yaml")
TRAEFIK = Release("traefik", "ingress", "mesh/ingress/traefik.yaml")


def install(release: Release, pin: Pin, settings: Settings) -> bool:
    """Bring a release to its pinned version and values; whether that took a change."""
    files = value_files(release, settings)
    mark = fingerprint(pin.version, [path.read_text() for path in files])
    helm = ("helm", "--kube-context", settings.context, "--namespace", release.namespace)
    if _state(helm, release.name) == ("deployed", mark):
        return False
    chart, options = _source(pin, settings)
    run(
        *(*helm, "upgrade", "--install", release.name, chart, *options),
        *("--description", mark, "--history-max", "3"),
        *(word for path in files for word in ("--values", str(path))),
        timeout=HELM_TIMEOUT,
    )
    return True


def is_ours(release: Release, settings: Settings) -> bool:
    """Whether this package has installed a release: a failed upgrade loses the mark, so any kept revision tells."""
    helm = ("helm", "--kube-context", settings.context, "--namespace", release.namespace)
    command = (*helm, "history", release.name, "--output", "json")
    found = attempt(*command)
    if found.code != 0 and "not found" not in found.err:
        raise CommandFailed(command, found.text)
    return found.code == 0 and any(revision["description"].startswith(MARK) for revision in json.loads(found.out))


def value_files(release: Release, settings: Settings) -> list[Path]:
    """Return the project's values of a release, and those laid over them on this machine."""
    laid_over = settings.values / f"{release.name}.yaml" if settings.values else None
    written = [release.values, release.values_with_cni if settings.has("cni") else ""]
    files = [settings.root / name for name in written if name]
    return files + ([laid_over] if laid_over and laid_over.exists() else [])


def fingerprint(version: str, values: list[str]) -> str:
    """Return the mark of a version with its values."""
    return MARK + hashlib.sha256("\0".join([version, *values]).encode()).hexdigest()[:16]


def _source(pin: Pin, settings: Settings) -> tuple[str, tuple[str, ...]]:
    if settings.charts:
        return str(Path(settings.charts) / pin.name), ()
    if pin.repository.startswith("oci:"):
        return f"{pin.repository}/{pin.name}", ("--version", pin.version)
    return pin.name, ("--repo", pin.repository, "--version", pin.version)


def _state(helm: tuple[str, ...], name: str) -> tuple[str, str]:
    found = attempt(*helm, "history", name, "--max", "1", "--output", "json")
    if found.code != 0:
        return "", ""
    last = json.loads(found.out)[-1]
    return last["status"], last["description"]
