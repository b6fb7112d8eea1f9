"""A pod that is sent to the API server as a dry run, to see which admission rules accept or refuse it."""

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
    """Return a pod that passes `restricted`, so that a refusal can only be due to `spec` and `container`.

    `spec` and `container` override fields of the pod and of its container.
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
    """Send a pod to the API server as a dry run; the answer is the pod as it would be stored, or a refusal."""
    text = json.dumps(pod)
    return kube.attempt("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=text, timeout=40)
