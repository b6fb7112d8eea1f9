"""Pods, workloads and Services for tests, and with which of their fields something is wrong."""

from typing import Any

from meshpolicy.manifests.parse import parse_documents

from ..build import Manifest, documents


def refused(manifest: Manifest) -> list[str]:
    """Return the fields with which something is wrong."""
    return [problem.place.field for problem in parse_documents(documents(manifest)).wrong]


def container(**fields: Any) -> Manifest:
    """Return a container."""
    return {"name": "app", **fields}


def first(**fields: Any) -> Manifest:
    """Return an init container."""
    return {"name": "first", **fields}


ASKS = {"httpGet": {"path": "/", "port": 80}}
"""How a probe asks."""


def service_of(**spec: Any) -> Manifest:
    """Return a Service."""
    metadata = {"name": "a", "namespace": "ns"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}], **spec}}


def pod(*containers: Manifest, name: str = "a", **spec: Any) -> Manifest:
    """Return a Pod."""
    metadata = {"name": name, "namespace": "ns"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [*containers], **spec}}


def deployment(**spec: Any) -> Manifest:
    """Return a Deployment."""
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [container()]}}
    fields = {"selector": {"matchLabels": {"app": "a"}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "ns"}, "spec": fields}


def service(*ports: Manifest, **spec: Any) -> Manifest:
    """Return a Service."""
    metadata = {"name": "a", "namespace": "ns"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [*ports], **spec}}


def port(name: str = "http", number: Any = 80, **fields: Any) -> Manifest:
    """Return a port of a container."""
    return {"name": name, "containerPort": number, **fields}


FIRST = "spec.containers[0]"


def claim(**spec: Any) -> Manifest:
    """Return a StatefulSet that makes a volume `data` for each of its pods, and mounts it."""
    mounted = container(volumeMounts=[{"name": "data", "mountPath": "/data"}])
    own = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [mounted]}}
    made = deployment(
        serviceName="a", template=template, volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": own}]
    )
    return {**made, "kind": "StatefulSet"}


def on_host(*containers: Manifest) -> Manifest:
    """Return the template of pods on the host's network."""
    return {"metadata": {"labels": {"app": "a"}}, "spec": {"hostNetwork": True, "containers": [*containers]}}


def mount(path: str = "/data", name: str = "data", **fields: Any) -> Manifest:
    """Return a place where a container has a volume."""
    return {"name": name, "mountPath": path, **fields}


def projected(**source: Any) -> Manifest:
    """Return a Pod with a volume that is made of one source."""
    return pod(container(), volumes=[{"name": "data", "projected": {"sources": [source]}}])


def placed(**affinity: Any) -> Manifest:
    """Return a Pod that is to run on, or near, something."""
    return pod(container(), affinity=affinity)


DATA = {"name": "data", "emptyDir": {}}
ENV = f"{FIRST}.env[0]"
NODE_RULE = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"


def on_nodes(*terms: Manifest) -> Manifest:
    """Return a Pod for some nodes."""
    return placed(nodeAffinity={"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [*terms]}})
