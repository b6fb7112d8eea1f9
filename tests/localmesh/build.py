"""Builders with defaults for the values that tests speak of."""

from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path

from localmesh.pods.plan import Group
from localmesh.pods.plan import group as of
from localmesh.pods.pod import Pod
from localmesh.state import StateFolder
from localmesh.views import Phase, PodView
from meshpolicy.core.errors import Problem
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.container import Container, ContainerPort
from meshpolicy.kinds.service import Service, ServicePort
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.text import read

HTTP = ContainerPort(8080, "http")


def container(name: str = "ponger", **fields: object) -> Container:
    return Container(**{"name": name, "command": ("pingpong",), "ports": (HTTP,), **fields})  # type: ignore[arg-type]


def workload(name: str = "ponger", **fields: object) -> Workload:
    defaults: dict[str, object] = {
        "ref": Ref("apps", "Deployment", "pingpong", name),
        "labels": {"app": name},
        "service_account": name,
        "containers": (container(name),),
        "meshed": True,
    }
    return Workload(**{**defaults, **fields})  # type: ignore[arg-type]


def group(name: str = "ponger", **fields: object) -> Group:
    return of(workload(name, **fields), MeshSettings(), StateFolder(Path("/s")))


def service(name: str = "ponger", target: int | str = "http", **fields: object) -> Service:
    defaults: dict[str, object] = {
        "ref": Ref("", "Service", "pingpong", name),
        "selector": {"app": name},
        "ports": (ServicePort(80, target, "http"),),
    }
    return Service(**{**defaults, **fields})  # type: ignore[arg-type]


def pod(name: str = "ponger-0", number: int = 2, labels: Mapping[str, str] | None = None, **fields: object) -> Pod:
    app = name.rpartition("-")[0]
    defaults: dict[str, object] = {
        "name": name,
        "namespace": "pingpong",
        "service_account": app,
        "workload": Ref("apps", "Deployment", "pingpong", app),
        "address": IPv4Address(f"10.244.0.{number}"),
        "local": IPv4Address(f"127.244.0.{number}"),
        "labels": {"app": app} if labels is None else labels,
        "containers": (container(app),),
        "meshed": True,
        "identity": f"{app}.pingpong.serviceaccount.identity.linkerd.cluster.local",
        "folder": Path("/state/pods") / name,
    }
    return Pod(**{**defaults, **fields})  # type: ignore[arg-type]


def pod_view(name: str = "ponger-0", **fields: object) -> PodView:
    defaults: dict[str, object] = {
        "name": name,
        "namespace": "pingpong",
        "workload": name.rpartition("-")[0],
        "address": "127.244.0.2",
        "identity": "ponger.pingpong.serviceaccount.identity.linkerd.cluster.local",
        "expires": "2026-01-02T00:00:00+00:00",
        "phase": Phase.READY,
        "restarts": 0,
        "sidecar_restarts": 0,
        "ports": {"http": 8080},
    }
    return PodView(**{**defaults, **fields})  # type: ignore[arg-type]


def cluster(text: str) -> Cluster:
    """Return what some documents say; there must be nothing wrong with them."""
    problems: list[Problem] = []
    documents = list(read("manifests.yaml", text.encode(), problems))
    manifests = parse_documents(documents, before=problems)
    assert manifests.problems == ()
    return manifests.cluster
