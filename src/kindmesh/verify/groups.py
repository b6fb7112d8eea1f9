"""The groups of `verify`, in order. They test the running system, not the manifests."""

from collections.abc import Callable
from http.client import HTTPException
from urllib.error import URLError

from kindmesh.errors import KindMeshError
from kindmesh.settings import Settings
from kindmesh.tools.kube import Kube
from kindmesh.verify.admission import verify_admission
from kindmesh.verify.calls import verify_calls
from kindmesh.verify.certificates import verify_certificates
from kindmesh.verify.ingress import verify_ingress
from kindmesh.verify.keys import verify_keys
from kindmesh.verify.trace import verify_trace
from kindmesh.verify.viz import verify_viz
from kindmesh.verify.workloads import verify_mesh, verify_metrics
from meshpolicy.core.errors import MeshPolicyError
from meshverify.finding import Finding, judge

GROUPS = ("mesh", "admission", "keys", "certificates", "calls", "ingress", "viz", "metrics", "traces")


def verify(kube: Kube, settings: Settings, groups: tuple[str, ...] = GROUPS) -> list[Finding]:
    """Return all findings; a group that cannot be examined is itself a finding."""
    examine: dict[str, Callable[[], list[Finding]]] = {
        "mesh": lambda: verify_mesh(kube),
        "admission": lambda: verify_admission(kube),
        "keys": lambda: verify_keys(kube, settings),
        "certificates": lambda: verify_certificates(kube),
        "calls": lambda: verify_calls(kube),
        "ingress": lambda: verify_ingress(kube, settings),
        "viz": lambda: verify_viz(kube, settings),
        "metrics": lambda: verify_metrics(kube, settings),
        "traces": lambda: verify_trace(kube, settings),
    }
    return [finding for group in groups for finding in _guarded(group, examine[group])]


def _guarded(group: str, examine: Callable[[], list[Finding]]) -> list[Finding]:
    """Run one group; an error becomes a finding, so that the other groups are still reported."""
    try:
        return examine()
    except (KindMeshError, MeshPolicyError, OSError, HTTPException, ValueError, LookupError) as error:
        detail = str(getattr(error, "output", "")).strip()
        hint = f"{_told(error)}\n{detail}".strip()
        return [judge(group, f"{group} can be examined", "yes", "no", good=False, hint=hint)]


def _told(error: Exception) -> str:
    """Return an error in words; Python's own errors need their class name to be clear."""
    match error:
        case KindMeshError() | MeshPolicyError():
            return str(error)
        case URLError():
            return str(error.reason)
        case LookupError():
            return f"the cluster's answer lacks {error}"
        case _:
            return f"{type(error).__name__}: {error}"
