"""The nodes of the kind cluster: containers of this machine, which may be stopped while kind still lists them."""

from kindmesh.errors import CommandFailed
from kindmesh.settings import CLUSTER
from kindmesh.tools.command import run

NOT_YET = f"look at `docker logs {CLUSTER}-control-plane`; after a start, the API server takes up to a minute"


def kind_has_cluster(name: str = CLUSTER) -> bool:
    """Whether kind lists a cluster; CommandFailed if kind does not answer, which it does not without Docker."""
    return name in run("kind", "get", "clusters").split()


def stopped_nodes(name: str = CLUSTER) -> list[str]:
    """Return the names of a cluster's nodes whose containers do not run."""
    nodes = run("kind", "get", "nodes", "--name", name).split()
    if not nodes:
        return []
    states = run("docker", "inspect", "--format", "{{.State.Running}}", *nodes).split()
    return [node for node, running in zip(nodes, states, strict=True) if running != "true"]


def start_nodes(names: list[str]) -> None:
    """Start stopped nodes."""
    run("docker", "start", *names)


def why_no_answer() -> str:
    """Return why the kind cluster may not answer, and what to do; empty if kind has no such cluster."""
    try:
        if not kind_has_cluster():
            return ""
        stopped = stopped_nodes()
    except CommandFailed:
        return ""
    if stopped:
        return f"stopped nodes: {', '.join(stopped)}; start them with `just up kind` or `docker start`"
    return f"kind has the cluster, but its API server does not answer: {NOT_YET}"
