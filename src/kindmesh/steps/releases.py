"""Helm releases: installed or upgraded if their version or values changed, else left alone.

An unneeded upgrade would change the cluster: charts make new webhook certificates each time.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kindmesh.errors import BadInput, CommandFailed
from kindmesh.pins import Pin
from kindmesh.settings import EXTRA, OPTIONAL, Settings
from kindmesh.steps.step import Site
from kindmesh.tools.command import attempt, run
from kindmesh.tools.kube import Object

HELM_TIMEOUT = 400.0
MARK = "kindmesh "
"""The start of a release's description, if `kindmesh` installed it; a hash of version and values follows."""
LABEL = "managed-by=kindmesh"
"""The label of a release of `kindmesh`, set when it starts; the description is set only when it is complete."""
STATES = ("--deployed", "--failed", "--pending", "--uninstalling", "--superseded")
WHOLE = ("deployed", "superseded")


@dataclass(frozen=True, slots=True)
class Release:
    """One release: its chart, its namespace, and the project's values for it."""

    name: str
    namespace: str
    values: str = ""
    values_with: Mapping[str, str] = field(default_factory=dict)
    """What is added to them where another part of the cluster is wanted, by the name of that part."""
    part: str = ""
    """The part of the cluster that it belongs to; empty: it is never left out."""
    deployments: tuple[str, ...] = ()
    """What it brings up, and a rotation restarts."""

    @property
    def way_out(self) -> str:
        """How to do without it, where somebody else has it installed."""
        if self.part in OPTIONAL:
            return f"leave it out with KINDMESH_WITHOUT={self.part}"
        return (
            f"take {self.part} out of KINDMESH_WITH" if self.part in EXTRA else "uninstall it, or use another cluster"
        )


CRDS = Release("linkerd-crds", "linkerd")
CNI = Release("linkerd2-cni", "linkerd-cni", "mesh/linkerd/cni.yaml", part="cni")
CONTROL_PLANE = Release(
    *("linkerd-control-plane", "linkerd", "mesh/linkerd/control-plane.yaml"),
    values_with={"cni": "mesh/linkerd/control-plane-cni.yaml"},
    deployments=("linkerd-identity", "linkerd-destination", "linkerd-proxy-injector"),
)
VIZ = Release(
    *("linkerd-viz", "linkerd-viz", "mesh/linkerd/viz.yaml"),
    part="viz",
    deployments=("prometheus", "metrics-api", "tap", "tap-injector", "web"),
)
CERT_MANAGER = Release("cert-manager", "cert-manager", "mesh/linkerd/cert-manager.yaml", part="cert-manager")
TRUST_MANAGER = Release("trust-manager", "cert-manager", "mesh/linkerd/trust-manager.yaml", part="cert-manager")
TRAEFIK = Release(
    *("traefik", "ingress", "mesh/ingress/traefik.yaml"),
    values_with={"cert-manager": "mesh/ingress/traefik-tls.yaml"},
    part="ingress",
)
ALL = (CERT_MANAGER, TRUST_MANAGER, CNI, CRDS, CONTROL_PLANE, VIZ, TRAEFIK)
"""In the order in which they are installed."""


def install(release: Release, site: Site) -> bool:
    """Install or upgrade a release; return whether it changed. Raises BadInput if somebody else installed it."""
    settings, pin = site.settings, site.pins[release.name]
    files = value_files(release, settings)
    mark = fingerprint(pin.version, [path.read_text() for path in files])
    revisions = history(release, settings)
    if refused := refusal(release, settings, revisions):
        raise BadInput(refused)
    if revisions and (revisions[-1]["status"], revisions[-1]["description"]) == ("deployed", mark):
        return False
    _clear(release, site, revisions)
    chart, options = _source(pin, settings)
    run(
        *(*helm(release, settings), "upgrade", "--install", release.name, chart, *options),
        *("--description", mark, "--labels", LABEL, "--history-max", "3"),
        *(word for path in files for word in ("--values", str(path))),
        timeout=HELM_TIMEOUT,
    )
    return True


def helm(release: Release, settings: Settings) -> tuple[str, ...]:
    """Return the first words of a helm command about a release."""
    return ("helm", "--kube-context", settings.context, "--namespace", release.namespace)


def history(release: Release, settings: Settings) -> list[Object]:
    """Return the revisions of a release, the last one last; none where it is not there."""
    command = (*helm(release, settings), "history", release.name, "--output", "json")
    found = attempt(*command)
    if found.code != 0 and "not found" in found.err:
        return []
    if found.code != 0:
        raise CommandFailed(command, found.text)
    return list(json.loads(found.out))


def is_ours(release: Release, settings: Settings, revisions: list[Object]) -> bool:
    """Whether `kindmesh` installed a release: known by a revision's description, or by the label."""
    if any(revision["description"].startswith(MARK) for revision in revisions):
        return True
    chosen = ("--selector", LABEL, "--filter", f"^{release.name}$", "--short", *STATES)
    return bool(revisions) and bool(run(*helm(release, settings), "list", *chosen).strip())


def refusal(release: Release, settings: Settings, revisions: list[Object]) -> str:
    """Return why a release cannot be installed, and what to do; empty: it can."""
    if not revisions or is_ours(release, settings, revisions):
        return ""
    return (
        f"the release {release.namespace}/{release.name} exists, but was not installed by `kindmesh`: {release.way_out}"
    )


def refusals(site: Site) -> list[str]:
    """Return why existing releases of somebody else are in the way."""
    settings = site.settings
    wanted = [release for release in ALL if not release.part or settings.has(release.part)]
    found = [refusal(release, settings, history(release, settings)) for release in wanted]
    return [text for text in found if text]


def _clear(release: Release, site: Site, revisions: list[Object]) -> None:
    """Roll back or uninstall what an interrupted run left: Helm refuses everything while an operation is pending."""
    status = revisions[-1]["status"] if revisions else ""
    if not status.startswith("pending") and status != "uninstalling":
        return
    command, whole = helm(release, site.settings), [one["revision"] for one in revisions if one["status"] in WHOLE]
    if whole and status != "uninstalling":
        site.say(f"! {release.name} is {status}: a run was interrupted; rolling back to revision {whole[-1]} first")
        run(*command, "rollback", release.name, str(whole[-1]), timeout=HELM_TIMEOUT)
    else:
        site.say(f"! {release.name} is {status}: a run was interrupted; uninstalling what it left first")
        run(*command, "uninstall", release.name, "--wait", timeout=HELM_TIMEOUT)


def value_files(release: Release, settings: Settings) -> list[Path]:
    """Return the project's values of a release, then those of KINDMESH_VALUES that override them."""
    laid_over = settings.values / f"{release.name}.yaml" if settings.values else None
    added = [file for part, file in release.values_with.items() if settings.has(part)]
    files = [settings.root / name for name in (release.values, *added) if name]
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
