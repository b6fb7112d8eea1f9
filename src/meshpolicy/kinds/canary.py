"""Canary of Flagger, which runs a copy of a workload under other labels in its place. Pure.

Sources: fluxcd/flagger pkg/canary/deployment_controller.go (the copy `NAME-primary` has the label of the selector with
`-primary` behind its value, and the workload itself is scaled to 0), pkg/router/kubernetes_default.go (the Service
selects the copy).
"""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.undecided import Undecided


def read(document: Fields, ref: Ref) -> Undecided | None:
    """Read a Canary as what leaves open who answers in the place of its workload; None if it has none."""
    target = document.child("spec").child("targetRef")
    kind, name = target.text("kind"), target.text("name")
    if kind not in ("Deployment", "DaemonSet") or not name:
        return None
    told = f"puts a copy of {kind} {name} in its place, {name}-primary, whose labels are not in these manifests"
    workload = Ref(target.text("apiVersion").rpartition("/")[0] or "apps", kind, ref.namespace, name)
    return Undecided(ref, told, str(document.data), workload=workload, calls=False)


KINDS = (Kind("flagger.app", "Canary", read, makes_others=True),)
