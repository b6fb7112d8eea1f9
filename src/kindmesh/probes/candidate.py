"""A pod that is only proposed to the API server, as careful as a pod of ours: what is said of it tells of the rules."""

import json
from collections.abc import Mapping

from kindmesh.settings import IMAGE
from kindmesh.tools.command import Output
from kindmesh.tools.kube import Kube, Object

POD_SECURITY: Object = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY: Object = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def candidate(
    namespace: str,
    annotations: Mapping[str, str] | None = None,
    spec: Object | None = None,
    container: Object | None = None,
) -> Object:
    """Return the pod; it passes `restricted`, so that a refusal is for what it tries and nothing else.

    `spec` and `container` hold what it tries: fields in the place of its own.
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kindmesh-candidate", "namespace": namespace, "annotations": dict(annotations or {})},
        "spec": {
            "automountServiceAccountToken": False,
            "securityContext": POD_SECURITY,
            "containers": [
                {
                    "name": "candidate",
                    "image": IMAGE,
                    "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
                    "securityContext": CONTAINER_SECURITY,
                    **(container or {}),
                }
            ],
            **(spec or {}),
        },
    }


def propose(kube: Kube, pod: Object) -> Output:
    """Ask the API server for a pod without storing it; it answers with the pod as it would be, or with a refusal."""
    text = json.dumps(pod)
    return kube.attempt("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=text, timeout=40)
