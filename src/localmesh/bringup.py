"""What `up` does: starts the mesh or finds it running, proves it, and shows it."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from time import monotonic, sleep

import httpx
from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.text import Text

from localmesh import STARTED, render
from localmesh.client import Client
from localmesh.errors import TimedOut
from localmesh.events import Event, Failed
from localmesh.launch import supervise
from localmesh.progress import Progress
from localmesh.settings import Settings
from localmesh.sources import NODE
from localmesh.state import StateFolder
from localmesh.views import AccessView, Answer, MeshView, Question

PATIENCE = 5.0
"""Seconds in which the first call through the ingress must be answered once all pods are ready."""
TRY_NEXT = ("just ask unmeshed ponger/ping", "just status")


@dataclass(frozen=True, slots=True)
class Proof:
    """The calls that were made to see that the mesh does what it says."""

    url: str
    line: str
    refused: Answer | None


def bring_up(settings: Settings, folder: StateFolder, output: str) -> int:
    """Start the mesh, or apply the manifests to the one that runs; return the exit code."""
    from localmesh.cli import fail, show

    console = Console(stderr=True)
    client = Client(folder)
    if folder.owner() is not None:
        changed = client.apply()
        console.print(f"The local mesh runs already{', and the manifests were applied anew' if changed else ''}.")
    elif (failed := _start(settings, folder, console)) is not None:
        fail(failed.reasons, failed.hint, failed.output)
        return failed.code
    mesh = client.status()
    proof = prove(client, mesh)
    if output == "json":
        sys.stdout.write(json.dumps({"mesh": asdict(mesh), "proof": asdict(proof)}, indent=2) + "\n")
    else:
        show(_table(mesh, proof))
        console.print(f"\n[dim]From the command to the first verified answer: {monotonic() - STARTED:.1f} s.[/dim]")
    return 0 if proof.refused is None or proof.refused.agrees else 1


def _start(settings: Settings, folder: StateFolder, console: Console) -> Failed | None:
    last: Event | None = None
    try:
        with Progress(console) as progress:
            for last in supervise(settings, folder, os.environ):
                progress.show(last)
    except KeyboardInterrupt:
        return Failed(130, ("interrupted; nothing is left running",))
    return last if isinstance(last, Failed) else None


def stay(settings: Settings, folder: StateFolder) -> int:
    """Run the mesh in this process until Ctrl-C; return the exit code."""
    from dataclasses import replace

    from localmesh.cli import fail
    from localmesh.supervise import supervise as run

    console = Console(stderr=True)
    progress = Progress(console)

    def report(event: Event) -> None:
        progress.show(event)
        if isinstance(event, Failed):
            fail(event.reasons, event.hint, event.output)

    return run(replace(settings, state=folder.path), os.environ, report)


def prove(client: Client, mesh: MeshView) -> Proof:
    """Make the calls: one that is allowed, through the ingress, and one by a stranger."""
    url, line = _through_ingress(mesh) if mesh.ingress and mesh.ingress.paths else ("", "")
    target = _offered_to_identities(mesh)
    return Proof(url, line, client.ask(Question("unmeshed", target)) if target else None)


def _through_ingress(mesh: MeshView) -> tuple[str, str]:
    assert mesh.ingress is not None  # noqa: S101 asked by the caller
    url = f"{mesh.ingress.url}{mesh.ingress.paths[-1]}"
    deadline = monotonic() + PATIENCE
    with httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        while True:
            try:
                response = http.get(url)
            except httpx.TransportError as error:
                found = str(error)
            else:
                found = f"{response.status_code} {response.text.strip().splitlines()[0] if response.text else ''}"
                if response.is_success:
                    return url, found
            if monotonic() > deadline:
                raise TimedOut(f"{url} was not answered with success (last: {found})", PATIENCE)
            sleep(0.02)


def _offered_to_identities(mesh: MeshView) -> str:
    """Return a call that pods may make, as the target of a question, or nothing."""
    workloads = {pod.workload for pod in mesh.pods}
    probed = {(line.server, line.because) for line in mesh.access if line.client == NODE}

    def offered(line: AccessView) -> bool:
        between = line.client in workloads and line.server in workloads
        return between and line.request.startswith("GET /") and (line.server, line.because) not in probed

    found = next((line for line in mesh.access if offered(line)), None)
    return f"{found.server}:{found.port}{found.request.split(', ')[0].removeprefix('GET ')}" if found else ""


def _table(mesh: MeshView, proof: Proof) -> RenderableType:
    parts: list[RenderableType] = [render.summary(mesh), Text()]
    if proof.url:
        parts.append(Text(f"allowed  {proof.url}  {proof.line}"))
    if proof.refused:
        refused = proof.refused
        parts.append(Text(f"refused  {refused.source} -> {refused.target}  {refused.status}  {refused.verdict}"))
    commands = [f"curl {proof.url}"] if proof.url else []
    parts.append(Text("\nTry next:\n" + "\n".join(f"  {command}" for command in (*commands, *TRY_NEXT))))
    return Lines(*parts)
