"""The command and environment of the local process that runs in place of a container's image."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from localmesh.pods.pod import Pod
from localmesh.pods.process import Program
from localmesh.pods.spans import SpanExport
from localmesh.settings import PROCESS
from localmesh.state import StateFolder
from meshpolicy.kinds.container import Container, Variable

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "OTEL_SDK_DISABLED")
"""The only variables that programs inherit from the environment of `up`."""
NODE_NAME = "localmesh"


class NoProgram(Exception):
    """A container has no program that can run here; the message says why."""


def resolve(container: Container, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command line of a container: `command` and `args`, the program by its path.

    A program of the Python environment that runs localmesh is found first, so that `pingpong` is the one beside it.
    """
    if not container.command:
        raise NoProgram(f"container {container.name} has no `command`, and an image cannot be run here")
    program, *arguments = container.command
    beside = Path(sys.executable).parent / program
    found = str(beside) if "/" not in program and beside.is_file() else shutil.which(program, path=environ.get("PATH"))
    if not found:
        raise NoProgram(f"container {container.name} runs `{program}`, which is not on this machine's PATH")
    return (found, *arguments, *container.args)


def app(
    pod: Pod,
    container: Container,
    folder: StateFolder,
    environ: Mapping[str, str],
    proxy: str = "",
    export: SpanExport | None = None,
) -> Program:
    """Return the program of one container of a pod; `proxy` is the way out through its sidecar, with the secret.

    Its spans go to `export`, whatever collector the manifests name: a cluster's collector does not run here.
    """
    return Program(
        name=f"{pod.name}/{container.name}",
        command=resolve(container, environ),
        environment={
            **base_environment(folder, f"{pod.name}/{container.name}", environ),
            "PINGPONG_SOCKETS": str(pod.app),
            **({"HTTP_PROXY": proxy, "http_proxy": proxy} if proxy else {}),
            **(export.sampling if export else {}),
            **{variable.name: _value(pod, variable) for variable in container.env},
            **(export.destination if export else {}),
        },
        log=pod.app_log,
        folder=pod.folder,
    )


def sidecar(pod: Pod, command: tuple[str, ...], folder: StateFolder, environ: Mapping[str, str]) -> Program:
    """Return the program of a pod's Envoy."""
    name = f"{pod.name}/sidecar"
    return Program(name, command, base_environment(folder, name, environ), pod.envoy_log, pod.folder)


def base_environment(folder: StateFolder, name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every process that localmesh starts, with the marks that identify leftovers."""
    inherited = {variable: environ[variable] for variable in INHERITED if variable in environ}
    return {**inherited, "LOCALMESH_STATE": str(folder.path), PROCESS: name}


FIELDS = ("metadata.name", "metadata.namespace", "status.podIP", "spec.nodeName", "spec.serviceAccountName")
"""The supported fields of the downward API."""


def _value(pod: Pod, variable: Variable) -> str:
    values = {
        "metadata.name": pod.name,
        "metadata.namespace": pod.namespace,
        "status.podIP": str(pod.local),
        "spec.nodeName": NODE_NAME,
        "spec.serviceAccountName": pod.service_account,
    }
    return values[variable.field] if variable.field else variable.value


def unknown_fields(container: Container) -> tuple[str, ...]:
    """Return one message for each variable of a container that refers to an unsupported field."""
    return tuple(
        f"container {container.name}: env {variable.name} wants `{variable.field}`; known are {', '.join(FIELDS)}"
        for variable in container.env
        if variable.field and variable.field not in FIELDS
    )
