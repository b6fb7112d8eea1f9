"""Pods with a sidecar for tests, and what a client gets from one that grants nothing."""

from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, Manifest, ask, cluster, pod, server

C = "config.linkerd.io/"
PORTS = {"http": 8080}
DENY = MeshSettings("deny")


def cat(*, container: Manifest | None = None, **annotations: str) -> Manifest:
    """Return one more meshed pod; names of annotations are written with underscores."""
    named = {f"{C}{name.replace('_', '-')}": text for name, text in annotations.items()}
    return pod("cat", "10.244.0.31", ports=PORTS, annotations=named, container=container)


def space(annotations: Manifest) -> Manifest:
    """Return the namespace of the arena, whose pods are injected."""
    metadata = {"name": "arena", "annotations": {"linkerd.io/inject": "enabled", **annotations}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def outcome(own: Manifest, client: str = "stranger", port: int = 8080, settings: MeshSettings = DENY) -> str:
    """Return what a client gets from a pod whose Server grants nothing."""
    closed = server("cat", 8080, app="cat", proxyProtocol="HTTP/1")
    return ask(cluster(*ARENA, own, closed, settings=settings), client, f"cat:{port}/", direct=True).outcome
