"""Runs a Prometheus beside the mesh if it is installed, and keeps its targets up to date."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import yaml

from localmesh.control.mesh import Mesh
from localmesh.errors import CommandFailed
from localmesh.files import make_folder
from localmesh.identity.authority import RENEWED_AT
from localmesh.metrics.prometheus import ACCOUNT, PAGE_PORT, Files, Proxies, find, program, targets
from localmesh.metrics.proxies import ProxyMetrics
from localmesh.observe.entry import Entry
from localmesh.observe.watch import Watcher
from localmesh.page.door import Door
from localmesh.pods.pod import Pod
from localmesh.pods.ports import any_port, is_free
from localmesh.pods.process import Child
from localmesh.state import StateFolder
from localmesh.until import stop_task
from meshidentity.certificates import Leaf
from meshpolicy.index.effective import effective

log = logging.getLogger(__name__)
RULES = "mesh/observability/rules.yml"
"""Rules of a project, for its Prometheus on a cluster and for this one."""
GROUP = "pingpong"
"""The rules about the service; the others watch parts of Linkerd that are not here."""
POLL = 1.0


class Metrics:
    """The metrics of a mesh's sidecars, and the Prometheus that scrapes them."""

    def __init__(self, folder: StateFolder, environ: Mapping[str, str], mesh: Mesh, watcher: Watcher) -> None:
        self._folder = folder
        self._environ = environ
        self._mesh = mesh
        self._watcher = watcher
        self._proxies = ProxyMetrics()
        self._files = Files(folder.prometheus)
        self._leaf: Leaf | None = None
        self.page = ""
        """The URL of the Prometheus; empty if none was started."""

    def text(self) -> bytes:
        """Return the sidecars' metrics since Prometheus started, in its text format."""
        credentials = self._mesh.writer.credentials
        pods = [runner.pod for runner in self._mesh.runners.values()]
        ends = [(pod, credentials.expires(pod)) for pod in pods]
        return self._proxies.text((pod, datetime.fromisoformat(end).timestamp()) for pod, end in ends if end)

    @asynccontextmanager
    async def running(self, door: Door, rules: str) -> AsyncIterator[None]:
        """Run Prometheus in this context if it is installed; the mesh continues without it if it fails."""
        binary = find(self._environ)
        if binary is None:
            yield
            return
        make_folder(self._files.folder)
        self._update(door, rules)
        port = PAGE_PORT if is_free(PAGE_PORT) else any_port()
        child = Child(program(binary, self._files, self._folder, self._environ, port), grace=1)
        with suppress(CommandFailed):
            await child.start()
            self.page = f"http://127.0.0.1:{port}"
        following = asyncio.create_task(self._follow(child, door, rules))
        self._watcher.counters.add(self._count)
        try:
            async with self._watcher.watching():
                yield
        finally:
            self._watcher.counters.discard(self._count)
            await stop_task(following)
            await child.stop(grace=1)

    async def _follow(self, child: Child, door: Door, rules: str) -> None:
        """Rewrite targets and certificate when they change, and reload Prometheus when its configuration changes."""
        while True:
            await asyncio.sleep(POLL)
            try:
                if self._update(door, rules) and child.pid:
                    os.kill(child.pid, signal.SIGHUP)
            except Exception:  # whatever it is, the next attempt may go well
                log.exception("what Prometheus reads could not be written")

    def _update(self, door: Door, rules: str) -> bool:
        credentials = self._mesh.writer.credentials
        if self._leaf is None or self._leaf.validity.spent(datetime.now(UTC)) >= RENEWED_AT:
            self._leaf = credentials.leaf(self._mesh.writer.cluster.settings.identity(*ACCOUNT))
            self._files.write_identity(self._leaf, credentials.authority.anchor.pem)
        found = targets(runner.pod for runner in list(self._mesh.runners.values()))
        return self._files.write_targets(found, Proxies(door.port, door.token), rules)

    def _count(self, entry: Entry, pod: Pod) -> None:
        self._proxies.count(entry, pod, self._server(pod, entry.port) if entry.refused else "")

    def _server(self, pod: Pod, port: int) -> str:
        """Return the name of the Server that governs a port; empty if there is none."""
        group = next((group for group in self._mesh.groups if group.workload.ref == pod.workload), None)
        found = effective(self._mesh.writer.cluster, group.workload, port).server if group else None
        return found.name if found and found.is_object else ""


def project_rules(root: Path | None) -> str:
    """Return the content of a rules file with the checkout's rules that apply here; empty if there are none."""
    file = root / RULES if root else None
    if file is None or not file.is_file():
        return ""
    groups = [group for group in yaml.safe_load(file.read_text())["groups"] if group["name"] == GROUP]
    return json.dumps({"groups": groups}, indent=1)
