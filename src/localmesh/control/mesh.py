"""The mesh that runs: starts its pods, tells them of each other, renews, replaces, and stops them all at the end."""

import asyncio
import logging
import shutil
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address
from time import monotonic

from localmesh.control.endpoints import Publisher
from localmesh.control.outfit import Outfitter
from localmesh.errors import BadInput, CommandFailed, LocalMeshError
from localmesh.events import Listener, Planned, PodChanged, Ready
from localmesh.logs import trim
from localmesh.pods.plan import Group
from localmesh.pods.pod import Pod
from localmesh.pods.process import tail
from localmesh.pods.runner import Runner
from localmesh.until import ended, until
from localmesh.views import Phase

log = logging.getLogger(__name__)
PATIENCE = 60.0
"""Seconds in which a pod must become ready."""
CRASHES = 3
"""After so many ends of the programs of a pod that was never ready, nobody waits any longer."""
FAREWELL = 0.8
"""Seconds that a program has at the end of the whole mesh: no request is waited for then."""
HOUSEKEEPING = 0.5


class Mesh:
    """All pods of one local mesh."""

    def __init__(self, groups: Iterable[Group], outfitter: Outfitter, node: IPv4Address, report: Listener) -> None:
        self.groups = tuple(groups)
        self.outfitter = outfitter
        self.runners: dict[str, Runner] = {}
        self._publisher = Publisher(outfitter.backends, outfitter.hints(self.groups))
        self._node = node
        self._report = report
        self._phases: dict[str, Phase] = {}
        self._stopping = asyncio.Event()
        self._changing = asyncio.Lock()

    async def run(self) -> None:
        """Run until `shut_down`; whatever happens, nothing of it runs afterwards."""
        started = monotonic()
        keeping = asyncio.create_task(self._keep_house())
        try:
            first = [(group, pod) for group in self.groups for pod in group.places[: group.replicas]]
            self._report(Planned(tuple(pod.name for _, pod in first)))
            await self._until_ready([self._admit(group, pod) for group, pod in first])
            if not self._stopping.is_set():
                self._report(Ready(monotonic() - started))
            await self._stopping.wait()
        finally:
            self._stopping.set()
            await ended(keeping)
            await asyncio.gather(*(runner.halt(FAREWELL) for runner in self.runners.values()))

    def shut_down(self) -> None:
        """Begin to stop."""
        self._stopping.set()

    def rotate(self) -> int:
        """Renew every certificate while traffic flows; return how many."""
        meshed = [runner.pod for runner in self.runners.values() if runner.pod.meshed]
        for pod in meshed:
            self.outfitter.issue(pod)
        return len(meshed)

    async def replace(self, group: Group) -> tuple[str, ...]:
        """Replace the pods of a workload one by one, each only after the new one is ready; return the new ones."""
        async with self._changing:
            old = [self.runners[pod.name] for pod in group.places if pod.name in self.runners]
            for runner in old:
                place = next((pod for pod in group.places if pod.name not in self.runners), None)
                if place is None:  # the workload is one Pod by name: there cannot be two of it
                    await self._dismiss(runner)
                    place = runner.pod
                new = self._admit(group, place)
                try:
                    await self._until_ready([new])
                except LocalMeshError:
                    await self._dismiss(new)
                    raise
                if place is not runner.pod:
                    await self._dismiss(runner)
            return tuple(pod.name for pod in group.places if pod.name in self.runners)

    async def adopt(self, groups: tuple[Group, ...], outfitter: Outfitter) -> bool:
        """Take over what new manifests say of the same pods, replacing those that differ; return whether any does."""
        before = self.groups, self.outfitter
        pairs = zip(self.groups, groups, strict=True)
        changed = [new for old, new in pairs if self.outfitter.differs(old, outfitter, new)]
        self._take_over(groups, outfitter)
        try:
            for group in changed:
                await self.replace(group)
        except LocalMeshError:
            # What could not be applied is no state to compare with: the next attempt tries it again.
            self._take_over(*before)
            raise
        return bool(changed)

    def _take_over(self, groups: tuple[Group, ...], outfitter: Outfitter) -> None:
        self.groups, self.outfitter = groups, outfitter
        self._publisher.backends, self._publisher.hints = outfitter.backends, outfitter.hints(groups)
        self._changed()

    def group(self, name: str) -> Group:
        """Return the workload that a person means, by its own name or by that of one of its pods."""
        found = [group for group in self.groups if group.named(name) or any(p.name == name for p in group.places)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(sorted(str(group.workload.ref.name) for group in self.groups))
        if found:
            raise BadInput(f"{name}: more than one workload has this name; write NAMESPACE/{name}")
        raise BadInput(f"{name}: there is no such workload or pod; known are {known}")

    def _admit(self, group: Group, pod: Pod) -> Runner:
        if self._stopping.is_set():
            raise LocalMeshError("the mesh is stopping")
        programs = self.outfitter.equip(group, pod)
        runner = Runner(pod, programs, self._node, self._changed)
        self.runners[pod.name] = runner
        self._publisher.forget(pod)
        self._changed()
        return runner

    async def _dismiss(self, runner: Runner) -> None:
        await runner.stop()
        del self.runners[runner.pod.name]
        self._phases.pop(runner.pod.name, None)
        self._changed()
        shutil.rmtree(runner.pod.folder)

    async def _until_ready(self, runners: list[Runner]) -> None:
        await asyncio.gather(*(runner.start() for runner in runners))
        deadline = monotonic() + PATIENCE

        def settled() -> bool:
            for runner in runners:
                if not runner.ready and (runner.failures >= CRASHES or monotonic() > deadline):
                    raise _never_ready(runner)
            return all(runner.ready for runner in runners) or self._stopping.is_set()

        await until(settled, within=PATIENCE + 1, what="the pods were not ready")

    def _changed(self) -> None:
        """Tell the sidecars and the listener what is different."""
        if self._stopping.is_set():
            return
        running = tuple(self.runners.values())
        pods = [runner.pod for runner in running]
        try:
            self._publisher.publish(pods, [runner.pod for runner in running if runner.ready], pods)
        except OSError:
            # Who calls restarts or probes a program, and has to go on; the next change writes all of it again.
            log.exception("endpoints could not be written")
        for runner in running:
            if self._phases.get(runner.pod.name) != runner.phase:
                self._phases[runner.pod.name] = runner.phase
                self._report(PodChanged(runner.pod.name, runner.phase))

    async def _keep_house(self) -> None:
        """Renew certificates before they end, and keep the logs short."""
        while True:
            await asyncio.sleep(HOUSEKEEPING)
            try:
                self._tidy([runner.pod for runner in self.runners.values()])
            except OSError:
                # A disk that is full now may not be in the next round; without one, certificates would end.
                log.exception("certificates or logs could not be written")

    def _tidy(self, pods: Sequence[Pod]) -> None:
        for pod in self.outfitter.credentials.due(pods):
            self.outfitter.issue(pod)
        trim(
            (
                self.outfitter.folder.log,
                *(path for pod in pods for path in (pod.app_log, pod.envoy_log, pod.access_log)),
            )
        )


def _never_ready(runner: Runner) -> CommandFailed:
    """Say of a pod that did not become ready what its programs did and printed."""
    pod = runner.pod
    ended = f": its programs ended {runner.failures} times" if runner.failures else f" in {PATIENCE:g} s"
    output = "\n".join(filter(None, (tail(pod.app_log), tail(pod.envoy_log)))) or "(nothing was printed)"
    return CommandFailed(f"{pod.name} did not become ready{ended}", output)
