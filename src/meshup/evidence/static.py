"""Evidence that the project's files give, with or without a mesh that runs."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kindmesh.pins import read_pins
from meshpolicy.index.index import index_of
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.sources import read
from meshup.evidence.document import Document, ask

MANIFESTS = ("k8s/base", "mesh/policies", "mesh/ingress")
"""What is inventoried: what runs, and what decides about it."""
PROOFS = "tests/proofs.yaml"
LOCK = "requirements.lock"
VERSIONS = "mesh/versions.toml"
INPUTS = ("k8s", "mesh", PROOFS, LOCK)
"""Every file on which the evidence rests, or the folder of it."""


def documents(root: Path) -> Iterator[Document]:
    """Yield every document that needs no running mesh. Raises InvalidInput where the manifests cannot be read."""
    environment = dict(os.environ)
    yield Document("inputs", "sha256sum", inputs(root))
    yield Document("versions", "meshup evidence", versions(root))
    yield Document("inventory", "meshup evidence", inventory(root))
    yield ask("proofs", ["meshpolicy", "prove", "--output", "json", PROOFS], root, environment)
    yield ask(
        "findings",
        ["meshpolicy", "lint", "--output", "json", "--exclude", "cni", "k8s/base", "mesh"],
        root,
        environment,
    )
    yield ask("access", ["meshpolicy", "list", "--output", "json", *MANIFESTS], root, environment)


def inventory(root: Path) -> list[dict[str, Any]]:
    """Return every workload with its account and its ports, each with the Server that governs it, if one does."""
    cluster = read([str(root / name) for name in MANIFESTS], MeshSettings()).cluster
    index = index_of(cluster)
    found = []
    for workload in cluster.workloads:
        ports = []
        for port in (port for container in workload.containers for port in container.ports if port.protocol == "TCP"):
            server = index.governing(workload, port.number)
            ports.append({"name": port.name, "number": port.number, "server": str(server.ref) if server else ""})
        account = f"{workload.ref.namespace}/{workload.service_account}"
        found.append({"workload": str(workload.ref), "account": account, "injected": workload.meshed, "ports": ports})
    return found


def versions(root: Path) -> dict[str, Any]:
    """Return what runs on a cluster, with the digests that are pinned, and how many Python packages are locked."""
    pins = read_pins(root).values()
    listed = [
        {
            "name": pin.name,
            "kind": str(pin.kind),
            "version": pin.version,
            "digest": pin.digest,
            "checked": str(pin.tier),
        }
        for pin in pins
    ]
    lines = (root / LOCK).read_text().splitlines()
    packages = [line.split("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))]
    hashes = sum("--hash=sha256:" in line for line in lines)
    return {"cluster": listed, "python": {"packages": len(packages), "hashes": hashes}}


def inputs(root: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that the evidence rests on, by its path."""
    found = {}
    for name in INPUTS:
        path = root / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                found[str(file.relative_to(root))] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found
