"""The groups of `verify` on the local mesh, in order. They test what runs, not the manifests."""

import asyncio
from collections.abc import Callable, Coroutine, Set
from secrets import token_hex
from time import time

from localmesh.observe.probed import VerifiedView
from localmesh.verify.accesslog import AccessLogs
from localmesh.verify.cell import Traces
from localmesh.verify.findings import judged, tricks_judged
from localmesh.verify.guard import guard
from localmesh.verify.meshes import VerifiedMesh
from localmesh.verify.probed import verified
from localmesh.verify.send import Sender
from localmesh.verify.table import Table, table
from localmesh.verify.tricks import attempts, play, written
from localmesh.verify.ways import from_outside, through_sidecars
from localmesh.views import Phase
from meshverify.finding import Finding, judge, skip

TABLE = ("calls", "certificates")
TRICKS = ("paths", "hosts", "framing", "http2")
GROUPS = ("mesh", "guard", *TABLE, *TRICKS, "sidecars", "ingress")
Advance = Callable[[int], None]
"""Is told how many more requests are done."""


class Verification:
    """One run over a mesh."""

    def __init__(self, mesh: VerifiedMesh, groups: Set[str] = frozenset(GROUPS)) -> None:
        self._mesh, self._groups = mesh, groups
        self._traces = Traces(token_hex(8))
        self.table: Table = table(mesh.manifests, mesh.view.pods, mesh.authority, self._traces)
        self.cells = [one for one in self.table.cells if _group(one.client.fault) in groups]
        self.attempts = [one for one in attempts(self.table.cells, self._traces) if one.group in groups]
        self._sender = Sender(mesh.authority, mesh.folder.authority)
        self.verified: VerifiedView | None = None
        """What was seen of all calls, once they are made; None where not all are."""

    @property
    def requests(self) -> int:
        """How many requests are sent to the mesh itself."""
        return len(self.cells) + len(self.attempts)

    async def run(self, advance: Advance = lambda _: None) -> list[Finding]:
        """Send all of it, and return the findings, group by group.

        The groups run beside each other: most of the time each waits for a proxy.
        """
        parts = (
            self._guard(),
            self._calls(advance),
            self._tricks(advance),
            self._through_sidecars(),
            self._from_outside(),
        )
        found = mesh_findings(self._mesh) if "mesh" in self._groups else []
        return [*found, *await beside(*parts)]

    async def _guard(self) -> list[Finding]:
        if "guard" not in self._groups:
            return []
        return await guard(self._mesh.manifests, self.table.cells, self._traces, self._sender)

    async def _calls(self, advance: Advance) -> list[Finding]:
        logs = AccessLogs(self._mesh.logs)
        sent = await self._sender.send(self.cells, lambda: advance(1))
        found = judged(self.cells, await logs.added(self.cells, sent))
        if self.cells and self._groups >= set(TABLE):
            self.verified = verified(self.cells, found, time())
        if "calls" in self._groups:
            found += [skip("calls", name, why) for name, why in self.table.left_out]
        return sorted(found, key=lambda one: TABLE.index(one.group))

    async def _tricks(self, advance: Advance) -> list[Finding]:
        logs = AccessLogs(self._mesh.logs)
        played = await play(self.attempts, self._sender, lambda: advance(1))
        found = tricks_judged(self.attempts, await written(self.attempts, played, logs))
        return sorted(found, key=lambda one: TRICKS.index(one.group))

    async def _through_sidecars(self) -> list[Finding]:
        if "sidecars" not in self._groups:
            return []
        return await asyncio.to_thread(lambda: [*through_sidecars(self._mesh.client, self._mesh.view)])

    async def _from_outside(self) -> list[Finding]:
        entry = self._mesh.view.ingress
        return await from_outside(entry) if "ingress" in self._groups and entry else []


async def beside(*parts: Coroutine[None, None, list[Finding]]) -> list[Finding]:
    """Return the findings of parts that run beside each other, in order; what breaks one ends all, and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(part) for part in parts]
    except ExceptionGroup as broken:
        raise broken.exceptions[0] from None
    return [finding for part in running for finding in part.result()]


def _group(fault: str) -> str:
    return "certificates" if fault else "calls"


def mesh_findings(mesh: VerifiedMesh) -> list[Finding]:
    """Return whether every pod is ready behind a sidecar of its own, and runs by the manifests as they are written."""
    found = [
        judge(
            *("mesh", "what runs is what is written", "the same manifests"),
            "the same manifests" if mesh.as_written else "other manifests",
            good=mesh.as_written,
            hint="the files have changed since: `just diff` shows what `just apply` would change",
        )
    ]
    for pod in mesh.view.pods:
        good = pod.phase is Phase.READY
        hint = f"`just logs {pod.name}` and `just logs {pod.name} --sidecar` show what it does"
        found.append(judge("mesh", f"{pod.name} is ready", Phase.READY, pod.phase, good=good, hint=hint))
        who = pod.identity or "none"
        hint = "its namespace or its template is not injected, so no policy stands before it"
        found.append(judge("mesh", f"{pod.name} has an identity", "one", who, good=bool(pod.identity), hint=hint))
    return found
