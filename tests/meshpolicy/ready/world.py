"""Manifests for tests of `ready`: workloads of a shop with what they are given, and what is said of them."""

import json
from pathlib import Path
from typing import Any

from ..build import Manifest
from ..command import run, written


def deployment(
    name: str,
    *,
    kind: str = "Deployment",
    space: str = "shop",
    meshed: bool = True,
    ports: dict[str, int] | None = None,
    env: dict[str, object] | None = None,
    replicas: int = 1,
    volumes: list[Manifest] | None = None,
    annotations: dict[str, str] | None = None,
    image: str = "app:1",
    spec: dict[str, object] | None = None,
    **container: object,
) -> Manifest:
    """Return a workload of its own account; a value of `env` that is no text is what `valueFrom` holds."""
    variables = [
        {"name": key, "value": value} if isinstance(value, str) else {"name": key, "valueFrom": value}
        for key, value in (env or {}).items()
    ]
    listed = [{"name": word, "containerPort": number} for word, number in (ports or {}).items()]
    notes = {"linkerd.io/inject": "enabled" if meshed else "disabled", **(annotations or {})}
    pod = {
        "serviceAccountName": name,
        "containers": [{"name": "app", "image": image, "env": variables, "ports": listed, **container}],
        "volumes": volumes or [],
    }
    template = {"metadata": {"labels": {"app": name}, "annotations": notes}, "spec": pod}
    own: dict[str, object] = {"selector": {"matchLabels": {"app": name}}, "template": template, "replicas": replicas}
    if kind in ("Job", "CronJob"):
        pod["restartPolicy"] = "Never"
        own = {"template": template}
    version = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
    if kind == "CronJob":
        own = {"schedule": "0 * * * *", "jobTemplate": {"spec": own}}
    metadata = {"name": name, "namespace": space}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {**own, **(spec or {})}}


def service(name: str, ports: dict[str, int], space: str = "shop", app: str = "", **spec: object) -> Manifest:
    """Return a Service; each port leads to the container's port of its name."""
    listed = [{"name": word, "port": number, "targetPort": word} for word, number in ports.items()]
    metadata = {"name": name, "namespace": space}
    own = {"selector": {"app": app or name}, "ports": listed, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": own}


def held(name: str, kind: str = "ConfigMap", space: str = "shop", **data: str) -> Manifest:
    """Return a ConfigMap, or a Secret with `stringData`."""
    part = "data" if kind == "ConfigMap" else "stringData"
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": space}, part: data}


def namespace(name: str = "shop") -> Manifest:
    """Return a Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


CART = (namespace(), deployment("cart", ports={"http": 8080}), service("cart", {"http": 80}))
"""A server to call: its Service's port is 80, its own 8080."""


def answered(folder: Path, *manifests: Manifest, options: tuple[str, ...] = (), code: int = 1) -> dict[str, Any]:
    """Return what `ready` says as JSON, and hold its exit code to it."""
    file = written(folder, "shop.yaml", *manifests)
    ended, out, _ = run("ready", file, "--output", "json", *options)
    found = json.loads(out)
    assert ended == (0 if found["readiness"] == "ready" else code)
    assert isinstance(found, dict)
    return found


def calls(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return who needs whom, and what becomes of it."""
    return [(one["client"], f"{one['server']}:{one['port']}", one["standing"]) for one in found["needs"]]
