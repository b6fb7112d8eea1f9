"""The running mesh: starts its pods, keeps their sidecars up to date, renews certificates, and stops everything."""

import asyncio
import logging
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hmac import compare_digest
from time import monotonic

from localmesh.control.member import Member, admit
from localmesh.control.podwriter import PodWriter
from localmesh.control.refused import refused
from localmesh.errors import BadInput, CommandFailed, LocalMeshError
from localmesh.events import Listener, Planned, PodChanged, Ready
from localmesh.logs import trim
from localmesh.pods.network import NodeNetwork
from localmesh.pods.plan import Group
from localmesh.pods.pod import Pod
from localmesh.pods.process import tail
from localmesh.pods.runner import Runner
from localmesh.pods.spans import SpanSender
from localmesh.until import stop_task, until
from localmesh.views import Applied, Phase
from meshpolicy.core.ref import Ref

log = logging.getLogger(__name__)
TIMEOUT = 60.0
"""Seconds within which a pod must become ready."""
AT_ONCE = 4 * (os.cpu_count() or 1)
"""Most sidecars that start at a time."""
CRASHES = 3
"""Restarts of a never-ready pod's programs after which it counts as failed."""
SHUTDOWN_TIMEOUT = 0.8
"""Seconds that a program has to exit when the whole mesh stops; requests in flight are not waited for."""
HOUSEKEEPING = 0.5
ACCEPTANCE = 5.0
"""Seconds within which all sidecars must accept new configuration."""


Wanted = Sequence[tuple[Group, int]]
"""Each workload with its wanted number of pods."""


class Mesh:
    """All pods of one local mesh."""

    def __init__(self, writer: PodWriter, network: NodeNetwork, report: Listener) -> None:
        self.writer = writer
        self.members: dict[str, Member] = {}
        self._network = network
        self._report = report
        self._phases: dict[str, Phase] = {}
        self._stopping = asyncio.Event()
        self._changing = asyncio.Lock()
        self._telling: asyncio.Handle | None = None

    @property
    def groups(self) -> tuple[Group, ...]:
        """The workloads."""
        return self.writer.groups

    @property
    def runners(self) -> dict[str, Runner]:
        """The running pods, by name."""
        return {name: member.runner for name, member in self.members.items()}

    def sender(self, shown: str) -> SpanSender | None:
        """Return the program to which the token `shown` belongs, or None if it is unknown."""
        # `compare_digest` compares in constant time, but takes only ASCII strings, and a client may send anything.
        shown = shown if shown.isascii() else ""
        known = ((name, *one) for name, member in self.members.items() for one in member.tokens.items())
        return next((SpanSender(name, sidecar) for name, sidecar, own in known if compare_digest(own, shown)), None)

    async def run(self) -> None:
        """Run until `shut_down`; no process is left running afterwards, whatever happens."""
        started = monotonic()
        keeping = asyncio.create_task(self._keep_house())
        try:
            # Reserve every address before the first process starts.
            first = [self._admit(group) for group in self.groups for _ in range(group.workload.replicas)]
            self._report(Planned(tuple(member.runner.pod.name for member in first)))
            await self._until_ready(first)
            if not self._stopping.is_set():
                self._report(Ready(monotonic() - started))
            await self._stopping.wait()
        finally:
            self._stopping.set()
            halting = [stop_task(keeping), *(member.halt(SHUTDOWN_TIMEOUT) for member in self.members.values())]
            # A failure to stop one pod must not leave the others running.
            for error in await asyncio.gather(*halting, return_exceptions=True):
                if error:
                    log.error("a pod did not end in order", exc_info=error)

    def shut_down(self) -> None:
        """Ask `run` to stop."""
        self._stopping.set()

    def rotate(self) -> int:
        """Renew every certificate while traffic flows; return how many."""
        meshed = [runner.pod for runner in self.runners.values() if runner.pod.meshed]
        for pod in meshed:
            self.writer.issue(pod)
        self._changed()
        return len(meshed)

    async def replace(self, name: str) -> tuple[str, ...]:
        """Replace a pod, or all pods of a workload one by one, by new ones of the same names; return the names."""
        group = self.group(name)
        async with self._changing:
            pods = self._of(group.workload.ref)
            return await self._renew(group, [member for member in pods if member.runner.pod.name == name] or pods)

    async def scale(self, group: Group, replicas: int) -> tuple[str, ...]:
        """Run a workload with that many pods until the manifests are applied again; return their names."""
        if not group.numbered and replicas > 1:
            raise BadInput(f"{group.workload.ref}: there is one pod of this name, and cannot be more")
        async with self._changing:
            await self._fill([(group, replicas)])
            await self._thin([(group, replicas)])
            return tuple(member.runner.pod.name for member in self._of(group.workload.ref))

    async def adopt(self, writer: PodWriter) -> Applied:
        """Apply new manifests, and return what changed once every sidecar has accepted it.

        Pods whose template has not changed keep running. Raises BadInput if a sidecar rejects its configuration.
        """
        async with self._changing:
            before = self.writer
            updated = await self._take_over(writer)
            try:
                await self._accepted()
                return replace(await self._reconcile(before), updated=updated)
            except LocalMeshError:
                # Compare the next attempt with the last applied state, so that it tries everything again.
                await self._take_over(before)
                raise

    async def _reconcile(self, before: PodWriter) -> Applied:
        """Start, replace and stop pods until they match the manifests."""
        wanted = [(group, group.workload.replicas) for group in self.groups]
        gone = {group.workload.ref for group in before.groups} - {group.workload.ref for group in self.groups}
        started = await self._fill(wanted)
        replaced: list[str] = []
        for group, _ in wanted:
            old = [member for member in self._of(group.workload.ref) if member.template != group.template]
            replaced += await self._renew(group, old)
        leaving = [member for ref in gone for member in self._of(ref)]
        stopped = await self._thin(wanted) + await self._dismiss_all(leaving)
        return Applied((), started, tuple(replaced), stopped)

    async def _fill(self, wanted: Wanted) -> tuple[str, ...]:
        """Start all missing pods together; return their names."""
        missing = [group for group, replicas in wanted for _ in range(replicas - len(self._of(group.workload.ref)))]
        new = [self._admit(group) for group in missing]
        await self._begin(new)
        return tuple(member.runner.pod.name for member in new)

    async def _thin(self, wanted: Wanted) -> tuple[str, ...]:
        """Stop surplus pods, newest first; return their names."""
        return await self._dismiss_all(
            [member for group, replicas in wanted for member in self._of(group.workload.ref)[replicas:]]
        )

    async def _renew(self, group: Group, old: Sequence[Member]) -> tuple[str, ...]:
        """Replace pods of a workload one by one by new ones of the same names; return the names.

        One extra pod runs meanwhile. It starts first: if it does not become ready, the old pods stay.
        A workload that is a single named Pod cannot have an extra pod.
        """
        spare = [self._admit(group)] if old and group.numbered else []
        await self._begin(spare)
        names = tuple(member.runner.pod.name for member in old)
        for member, name in zip(old, names, strict=True):
            await self._dismiss(member)
            await self._begin([self._admit(group, name)])
        await self._dismiss_all(spare)
        return names

    async def _begin(self, new: Sequence[Member]) -> None:
        try:
            await self._until_ready(new)
        except LocalMeshError:
            await self._dismiss_all(new)
            raise

    async def _take_over(self, writer: PodWriter) -> tuple[str, ...]:
        """Give all members the new manifests; return the names of the pods whose configuration changed."""
        self.writer = writer
        self._update_directory()
        groups = {group.workload.ref: group for group in writer.groups}
        told = []
        for name, member in list(self.members.items()):
            group = groups.get(member.runner.pod.workload)
            if group and member.learn(group, writer):
                told.append(name)
                member.discovery.tell()
                # Its configuration is sent while the next one is computed.
                await asyncio.sleep(0)
        self._tell()
        return tuple(told)

    async def _accepted(self) -> None:
        """Wait until every listening sidecar has accepted its configuration; raises BadInput if one rejects it."""
        lines = [member.discovery for member in self.members.values() if member.discovery.connected]
        await until(lambda: all(line.settled for line in lines), within=ACCEPTANCE, what="the sidecars did not answer")
        self._check(self.members.values())

    def _check(self, members: Iterable[Member]) -> None:
        if reasons := [reason for member in members for reason in refused(member)]:
            raise BadInput(*dict.fromkeys(reasons), hint="Envoy does not take this; what runs was not changed")

    def group(self, name: str) -> Group:
        """Return the workload with this name, or with a pod of this name; raises BadInput if there is none."""
        of_pod = self.members[name].runner.pod.workload if name in self.members else None
        found = [group for group in self.groups if group.named(name) or group.workload.ref == of_pod]
        if len(found) == 1:
            return found[0]
        known = ", ".join(sorted(str(group.workload.ref.name) for group in self.groups))
        if found:
            raise BadInput(f"{name}: more than one workload has this name; write NAMESPACE/{name}")
        raise BadInput(f"{name}: there is no such workload or pod; known are {known}")

    def _of(self, ref: Ref) -> list[Member]:
        """Return the pods of a workload, oldest first."""
        return [member for member in self.members.values() if member.runner.pod.workload == ref]

    def _admit(self, group: Group, name: str = "") -> Member:
        if self._stopping.is_set():
            raise LocalMeshError("the mesh is stopping")
        name = name or group.free_name(self.members)
        member = admit(group, name, self.writer, self._network, self._changed)
        self.members[name] = member
        self._changed()
        return member

    async def _dismiss(self, member: Member) -> None:
        await member.stop()
        pod = member.runner.pod
        del self.members[pod.name]
        self.writer.credentials.forget(pod)
        self._phases.pop(pod.name, None)
        self._changed()

    async def _dismiss_all(self, members: Sequence[Member]) -> tuple[str, ...]:
        await asyncio.gather(*(self._dismiss(member) for member in members))
        return tuple(member.runner.pod.name for member in members)

    async def _until_ready(self, members: Sequence[Member]) -> None:
        starting = asyncio.create_task(self._start(members))

        def settled() -> bool:
            self._check(members)
            if starting.done():
                starting.result()
            for runner in (member.runner for member in members):
                if runner.broken:
                    raise runner.broken
                if not runner.ready and (runner.failures >= CRASHES or runner.age > TIMEOUT):
                    raise _never_ready(runner)
            return all(member.runner.ready for member in members) or self._stopping.is_set()

        try:
            await until(settled, within=math.inf, what="the pods were not ready")
        finally:
            await stop_task(starting)

    async def _start(self, members: Sequence[Member]) -> None:
        """Start pods, at most AT_ONCE at a time: too many proxies that start together slow each other down."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def start(member: Member) -> None:
            async with gate:
                if not self._stopping.is_set():
                    await member.start()
                    await member.runner.apps_begun.wait()

        await asyncio.gather(*(start(member) for member in members))

    def _changed(self) -> None:
        """Tell the sidecars and the listener about changes; several changes at a time are sent once."""
        if self._telling is None and not self._stopping.is_set():
            self._telling = asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        if self._telling:
            self._telling.cancel()
        self._telling = None
        self._update_directory()
        for member in self.members.values():
            member.discovery.tell()
        for runner in self.runners.values():
            if self._phases.get(runner.pod.name) != runner.phase:
                self._phases[runner.pod.name] = runner.phase
                self._report(PodChanged(runner.pod.name, runner.phase))

    def _update_directory(self) -> None:
        running = tuple(self.runners.values())
        ready = [runner.pod for runner in running if runner.ready]
        self.writer.directory.update(ready, [runner.pod for runner in running])

    async def _keep_house(self) -> None:
        """Renew certificates before they expire, and truncate long logs."""
        while True:
            await asyncio.sleep(HOUSEKEEPING)
            try:
                self._tidy([runner.pod for runner in self.runners.values()])
            except OSError:
                # A disk that is full now may have space next time; if this loop ended, certificates would expire.
                log.exception("logs could not be written")

    def _tidy(self, pods: Sequence[Pod]) -> None:
        for pod in (due := self.writer.credentials.due(pods)):
            self.writer.issue(pod)
        if due:
            self._changed()
        trim(
            (
                self.writer.folder.log,
                *(path for pod in pods for path in (pod.app_log, pod.envoy_log, pod.access_log)),
            )
        )


def _never_ready(runner: Runner) -> CommandFailed:
    """Return the error for a pod that did not become ready: what its programs did and printed."""
    pod = runner.pod
    ended = f": its programs ended {runner.failures} times" if runner.failures else f" in {TIMEOUT:g} s"
    output = "\n".join(filter(None, (tail(pod.app_log), tail(pod.envoy_log)))) or "(nothing was printed)"
    return CommandFailed(f"{pod.name} did not become ready{ended}", output)
