"""The work of `up`: starts the mesh or updates the running one, proves it, and prints a summary.

Slow imports happen inside the functions, while the supervisor starts.
"""

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from localmesh import STARTED
from localmesh.errors import BadInput, NotRunning
from localmesh.events import Event, Failed, Ready
from localmesh.printing import columns, fail, say, show, terminal
from localmesh.relative import relative_paths
from localmesh.settings import Settings, to_environ
from localmesh.state import StateFolder
from localmesh.supervisor.launch import interruptible, supervisor

if TYPE_CHECKING:
    from localmesh.supervisor.client import Client
    from localmesh.views import MeshView, Proof

POLL = 0.2
INTERRUPTED = Failed(130, ("interrupted; nothing is left running",))
INTERRUPTED_LATER = Failed(
    130, ("interrupted; the local mesh runs, and may not be proved",), hint="`just down` stops it"
)
UNPROVED = Failed(
    1,
    ("the local mesh runs, but a call that proves it did not end as it should",),
    hint="`just ask` says why a call is refused, `just logs` what a pod has written, `just policy-lint` what is wrong",
)
UNTRIED = Failed(
    1,
    (),
    hint="`meshpolicy ready` says what breaks if calls are denied by default, `just policy-lint` what is wrong",
)


def bring_up(settings: Settings, folder: StateFolder, output: str) -> int:
    """Start the mesh, or apply the manifests to the running mesh; return the exit code."""
    runs = folder.owner() is not None
    if not runs and (failed := _start(settings, folder)):
        folder.abandon()
        return _tell(failed, settings)
    try:
        if runs and (failed := _apply(settings, folder)):
            return _tell(failed, settings)
        return _show(settings, folder, output)
    except KeyboardInterrupt:
        return _tell(INTERRUPTED_LATER, settings)


def _tell(failed: Failed, settings: Settings) -> int:
    """Print what went wrong; return the exit code."""
    reasons = tuple(relative_paths(reason, settings.manifests, Path.cwd()) for reason in failed.reasons)
    fail(reasons, failed.hint, failed.output)
    return failed.code


def _apply(settings: Settings, folder: StateFolder) -> Failed | None:
    from localmesh.supervisor.client import Client

    client = Client(folder)
    begun = _begun(client, folder)
    asked, runs = to_environ(replace(settings, state=folder.path)), begun.settings
    if differs := [name for name in asked if asked[name] != runs.get(name)]:
        return Failed(
            2,
            tuple(
                f"the local mesh runs already, with {name}={runs.get(name)} and not {asked[name]}" for name in differs
            ),
            hint="run `just down` first, or set LOCALMESH_STATE and the ports for a second mesh",
        )
    try:
        changed = ", and the manifests were applied anew" if client.apply() else ""
    except BadInput as error:
        return Failed(2, error.reasons, error.hint)
    say(f"The local mesh runs already{changed}.")
    return None


def _begun(client: "Client", folder: StateFolder) -> "MeshView":
    """Return the mesh once it has started, possibly by another `up`.

    Raises NotRunning if its supervisor ends first, which it does when a pod fails to start.
    """
    while True:
        try:
            mesh = client.status()
        except NotRunning:
            if folder.owner() is None:
                raise
        else:
            if mesh.started:
                return mesh
        sleep(POLL)


def _start(settings: Settings, folder: StateFolder) -> Failed | None:
    last: Event | None = None
    try:
        with supervisor(settings, folder, os.environ) as events:
            from localmesh.progress import Progress

            with Progress(terminal(stderr=True)) as progress:
                for last in events:
                    progress.show(last)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException:
        folder.abandon()
        raise
    return last if isinstance(last, Failed) else None


def _show(settings: Settings, folder: StateFolder, output: str) -> int:
    from localmesh import render
    from localmesh.proof import prove
    from localmesh.supervisor.client import Client

    client = Client(folder)
    mesh = client.status()
    proof = prove(client, mesh)
    if output == "json":
        sys.stdout.write(json.dumps({"mesh": asdict(mesh), "proof": asdict(proof)}, indent=2) + "\n")
    else:
        show(render.summary(mesh, proof, client.dashboard(), columns()))
    if not proof.holds:
        return _tell(why_unproved(proof), settings)
    if output == "text":
        sys.stderr.write(f"\nFrom the command to the first verified answer: {monotonic() - STARTED:.1f} s.\n")
    return 0


def why_unproved(proof: "Proof") -> Failed:
    """Return why a running mesh is not proved: a call had an unexpected result, or no suitable call exists."""
    untried = tuple(f"the local mesh runs, but {reason}" for reason in proof.missing)
    if proof.answered and (proof.refused is None or proof.rejected):
        return replace(UNTRIED, reasons=untried)
    return replace(UNPROVED, reasons=(*UNPROVED.reasons, *untried))


def stay(settings: Settings, folder: StateFolder) -> int:
    """Run the mesh in this process until Ctrl-C; return the exit code."""
    from localmesh.progress import Progress
    from localmesh.supervisor.supervise import supervise

    try:
        with ExitStack() as showing, interruptible():
            progress = showing.enter_context(Progress(terminal(stderr=True)))

            def report(event: Event) -> None:
                progress.show(event)
                if isinstance(event, Ready | Failed):
                    showing.close()
                if isinstance(event, Ready):
                    sys.stderr.write("Ctrl-C stops it. In another terminal: `just status`\n")
                if isinstance(event, Failed):
                    _tell(event, settings)

            return supervise(replace(settings, state=folder.path), os.environ, report)
    except KeyboardInterrupt:
        return _tell(INTERRUPTED, settings)
    finally:
        folder.abandon()
