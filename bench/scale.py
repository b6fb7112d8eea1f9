"""Measures how the local mesh grows: generated meshes of 4, 10, 30 and 100 pods.

Each pod is a Deployment with a Service, a Server, and a policy that lets three other accounts call it.
Run it as an ordinary user under the usual limits (128 inotify instances, 1,024 open files): it must come up.
"""

import ctypes
import json
import os
import resource
import socket
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter

import click
import psutil
from curve import curve
from mesh import MEBIBYTE, command, ports, processes

from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.views import Question

APP = Path(__file__).with_name("tiny.py")
CALLERS = 3
SIZES = (4, 10, 30, 100)
ENOUGH = 500
"""Instances of inotify that are no limit any more."""
GOAL_SECONDS, GOAL_MEMORY = 90, 250
"""For 100 pods: seconds until all are ready, MiB of the supervisor."""
POD = """\
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: app-{n}, namespace: web}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app-{n}, namespace: web}}
spec:
  selector: {{matchLabels: {{app: app-{n}}}}}
  template:
    metadata: {{labels: {{app: app-{n}}}, annotations: {{linkerd.io/inject: enabled}}}}
    spec:
      serviceAccountName: app-{n}
      containers:
        - name: app
          image: app
          command: {command}
          ports: [{{name: http, containerPort: 8080}}]
          readinessProbe: {{httpGet: {{path: /ready, port: http}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: app-{n}, namespace: web}}
spec: {{selector: {{app: app-{n}}}, ports: [{{name: http, port: 80, targetPort: http}}]}}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {{name: app-{n}, namespace: web}}
spec: {{podSelector: {{matchLabels: {{app: app-{n}}}}}, port: http, proxyProtocol: HTTP/1}}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: MeshTLSAuthentication
metadata: {{name: callers-of-{n}, namespace: web}}
spec: {{identityRefs: {callers}}}
---
apiVersion: policy.linkerd.io/v1alpha1
kind: AuthorizationPolicy
metadata: {{name: callers-of-{n}, namespace: web}}
spec:
  targetRef: {{group: policy.linkerd.io, kind: Server, name: app-{n}}}
  requiredAuthenticationRefs: [{{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: callers-of-{n}}}]
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one mesh."""

    pods: int
    ready_seconds: float
    supervisor_processor: float
    """Seconds of processor time until all pods were ready."""
    supervisor_memory: float
    """Resident MiB, after every caller has called."""
    supervisor_files: int
    sidecar_memory: float
    """Resident MiB, the median."""
    told_bytes: int
    """All that a sidecar knows, as it tells it itself, once its app has called three others; the median."""
    first_call_p50: float
    """Milliseconds of the first request from a caller that has not called the pod before."""
    first_call_max: float
    anew_seconds: float
    """From a replaced pod's readiness until each of its callers has been answered by it."""


def callers(n: int, size: int) -> list[int]:
    """Return who may call a pod."""
    return sorted({(n + step) % size for step in range(1, CALLERS + 1)} - {n})


def manifests(size: int) -> str:
    """Return all documents of a mesh."""
    run = json.dumps([sys.executable, "-IS", str(APP)])
    found = [NAMESPACE]
    for n in range(size):
        named = [{"kind": "ServiceAccount", "name": f"app-{caller}"} for caller in callers(n, size)]
        found.append(POD.format(n=n, command=run, callers=json.dumps(named)))
    return "".join(found)


@contextmanager
def mesh(size: int) -> Iterator[float]:
    """Bring a mesh up; yield the seconds until all pods were ready, and take it down."""
    with tempfile.TemporaryDirectory(prefix="pp-") as folder:
        Path(folder, "all.yaml").write_text(manifests(size))
        os.environ |= {
            "LOCALMESH_STATE": f"{folder}/s",
            "LOCALMESH_MANIFESTS": f"{folder}/all.yaml",
            **ports(),
        }
        began = perf_counter()
        try:
            command("up")
            yield perf_counter() - began
        finally:
            command("down")


def call(client: Client, source: int, target: int) -> float:
    """Have one pod call another; return the seconds."""
    answer = client.ask(Question(f"app-{source}", f"app-{target}"))
    if answer.verdict != "allow" or not answer.agrees:
        raise click.ClickException(f"app-{source} -> app-{target}: {answer.verdict}, {answer.status}")
    return answer.seconds


def told(pod: Path) -> int:
    """Return the bytes of all that a sidecar was told."""
    connection = HTTPConnection("admin")
    with socket.socket(socket.AF_UNIX) as connection.sock:
        connection.sock.connect(str(pod / "admin.sock"))
        connection.request("GET", "/config_dump?include_eds")
        return len(connection.getresponse().read())


def figures(size: int) -> Figures:
    """Measure a mesh of so many pods."""
    with mesh(size) as ready:
        running = processes()
        supervisor = running["supervisor"]
        spent = sum(supervisor.cpu_times()[:2])
        client = Client(StateFolder(Path(os.environ["LOCALMESH_STATE"])))
        firsts = [call(client, source, n) for n in range(size) for source in callers(n, size)]
        client.restart("app-0")
        began = perf_counter()
        for source in callers(0, size):
            call(client, source, 0)
        anew = perf_counter() - began
        pods = Path(os.environ["LOCALMESH_STATE"], "pods")
        known = [told(path) for path in sorted(pods.iterdir())]
        sidecars = [found.memory_info().rss for name, found in processes().items() if name.endswith("/sidecar")]
        return Figures(
            size,
            ready,
            spent,
            supervisor.memory_info().rss / MEBIBYTE,
            supervisor.num_fds(),
            statistics.median(sidecars) / MEBIBYTE,
            int(statistics.median(known)),
            statistics.median(firsts) * 1000,
            max(firsts) * 1000,
            anew,
        )


def limits() -> str:
    """Return under which limits this runs; whatever a file says of inotify, what can be had counts."""
    libc, opened = ctypes.CDLL(None, use_errno=True), []
    while len(opened) < ENOUGH and (handle := libc.inotify_init()) >= 0:
        opened.append(handle)
    for handle in opened:
        os.close(handle)
    instances = f"{len(opened)}{' or more' if len(opened) == ENOUGH else ''}"
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return f"user {os.getuid()}, {instances} inotify instances, {files} open files, {psutil.cpu_count()} cores"


COLUMNS = {
    "pods": "pods",
    "ready_seconds": "ready, s",
    "supervisor_processor": "supervisor, CPU s",
    "supervisor_memory": "supervisor, MiB",
    "supervisor_files": "open files",
    "sidecar_memory": "a sidecar, MiB",
    "told_bytes": "told a sidecar, bytes",
    "first_call_p50": "first call p50, ms",
    "first_call_max": "first call max, ms",
    "anew_seconds": "replaced pod answers all callers, s",
}


def shown(found: list[Figures]) -> str:
    """Return the figures as a table of Markdown."""
    rows = [list(COLUMNS.values()), ["---"] * len(COLUMNS)]
    for one in found:
        values = [getattr(one, name) for name in COLUMNS]
        rows.append([f"{value:,.1f}" if isinstance(value, float) else f"{value:,}" for value in values])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def drawn(found: list[Figures]) -> str:
    """Return the curve of seconds over pods."""
    series = {
        "all pods are ready": [(one.pods, one.ready_seconds) for one in found],
        "supervisor, CPU": [(one.pods, one.supervisor_processor) for one in found],
    }
    return curve("Seconds over pods", series, (100, GOAL_SECONDS), f"goal: 100 pods in {GOAL_SECONDS} s")


@click.command(help=__doc__)
@click.option("--size", "sizes", type=click.IntRange(2, 250), multiple=True, help="How many pods; may be repeated.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the curve into this SVG file, too.")
def main(sizes: tuple[int, ...], output: str, plot: Path | None) -> None:
    """Measure, and print."""
    found = [figures(size) for size in sizes or SIZES]
    if plot is not None:
        plot.write_text(drawn(found))
    if output == "json":
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        click.echo(f"{limits()}\n{shown(found)}\ngoals for 100 pods: < {GOAL_SECONDS} s, < {GOAL_MEMORY} MiB")


if __name__ == "__main__":
    main()
