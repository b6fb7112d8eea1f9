"""What `localmesh verify` does: verifies the mesh that runs, shows how far it is, and prints the findings."""

import asyncio
import sys
from collections.abc import Sequence, Set
from time import monotonic

from rich.progress import Progress

from localmesh.printing import say, terminal
from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.supervisor.launch import interruptible
from localmesh.verify.groups import Verification
from localmesh.verify.meshes import find_mesh
from meshpolicy.render.visible import visible
from meshverify import report
from meshverify.finding import Finding, failed


def run(client: Client, folder: StateFolder, groups: Set[str], output: str, repeat: int) -> int:
    """Verify as often as asked, up to the first run that fails; return the exit code: 1 where something failed."""
    for number in range(1, repeat + 1):
        started = monotonic()
        verification = Verification(find_mesh(client, folder), groups)
        findings = _run(verification)
        if verification.verified:
            client.tell_verified(verification.verified)
        seconds = monotonic() - started
        wrong = bool(failed(findings))
        if wrong or number == repeat:
            _print(findings, seconds, output)
        line = report.summary(findings, seconds)
        say(f"run {number} of {repeat}: {line}" if repeat > 1 else line)
        if wrong:
            return 1
    return 0


def _run(verification: Verification) -> list[Finding]:
    console = terminal(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Verifying", total=verification.requests)
        # Whoever ends this, the copy of a sidecar may not outlive it.
        with interruptible():
            return asyncio.run(verification.run(lambda count: progress.advance(task, count)))


def _print(findings: Sequence[Finding], seconds: float, output: str) -> None:
    match output:
        case "json":
            sys.stdout.write(report.as_json(findings) + "\n")
        case "junit":
            sys.stdout.write(report.as_junit(findings, seconds) + "\n")
        case _:
            terminal().print(report.table(findings))
    for hint in report.hints(findings):
        say(f"hint: {visible(hint)}")
