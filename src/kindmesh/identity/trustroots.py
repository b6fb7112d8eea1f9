"""The trust roots: the ConfigMap with the anchors that a starting sidecar trusts."""

from kindmesh.tools.kube import Kube, Object

NAME = "linkerd-identity-trust-roots"
KEY = "ca-bundle.crt"


def bundle(anchors: str) -> Object:
    """Return the ConfigMap of some anchors, as trust-manager would write it."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": "linkerd"},
        "data": {KEY: anchors},
    }


def trusted(kube: Kube) -> str:
    """Return the anchors that are published."""
    return str(kube.get("-n", "linkerd", f"configmap/{NAME}")["data"][KEY])
