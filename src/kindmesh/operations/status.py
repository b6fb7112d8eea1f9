"""The pods of PingPong, the ingress, tracing and Linkerd, as they are now."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click
from rich.console import Console
from rich.table import Table

from kindmesh.tools.kube import Kube, Object
from kindmesh.verify.workloads import meshed

NAMESPACES = ("pingpong", "ingress", "tracing", "linkerd-viz", "linkerd")


@dataclass(frozen=True, slots=True)
class PodStatus:
    """One pod."""

    namespace: str
    name: str
    account: str
    meshed: bool
    ready: bool
    restarts: int


def read_status(kube: Kube) -> list[PodStatus]:
    """Return all pods, PingPong's first."""
    return [pod_status(pod) for namespace in NAMESPACES for pod in kube.items("-n", namespace, "pods")]


def pod_status(pod: Object) -> PodStatus:
    """Return the status of a pod."""
    status = pod["status"]
    conditions = {found["type"]: found["status"] for found in status.get("conditions", [])}
    containers = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    return PodStatus(
        namespace=pod["metadata"]["namespace"],
        name=pod["metadata"]["name"],
        account=pod["spec"].get("serviceAccountName", "default"),
        meshed=meshed(pod),
        ready=conditions.get("Ready") == "True",
        restarts=sum(found["restartCount"] for found in containers),
    )


def show_status(pods: Sequence[PodStatus], output: str) -> None:
    """Print the pods."""
    if output == "json":
        click.echo(json.dumps([asdict(pod) for pod in pods], indent=2))
        return
    show_table(table(pods))


def table(pods: Sequence[PodStatus]) -> Table:
    """Return the pods as a table."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("pod", "account", "sidecar", "ready", "restarts"):
        drawn.add_column(column)
    for pod in pods:
        words = (f"{pod.namespace}/{pod.name}", pod.account, _yes(pod.meshed), _yes(pod.ready), str(pod.restarts))
        drawn.add_row(*words)
    return drawn


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def show_table(drawn: Table) -> None:
    """Print a table; if the output is not a terminal, 160 columns wide."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(drawn)
