"""Runs the real command line on a state folder and ports of its own."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from click.testing import CliRunner

from localmesh.cli import main
from localmesh.pods.ports import any_port
from localmesh.state import StateFolder
from localmesh.supervisor.client import Client
from localmesh.until import POLL
from localmesh.views import PodView

PROJECT = Path(__file__).parents[2]
PARTS = ("k8s/base", "mesh/policies", "mesh/ingress")
PROCESSES = ("up", "chaos", "test")
"""Commands that start others, or take over signals: they get a process of their own. Most only talk to a mesh, and run
in the process of the test, as another Python would need a second to start."""


@dataclass(frozen=True, slots=True)
class Commands:
    """A local mesh that is driven as a person drives it."""

    folder: Path
    """Holds the state folder and a copy of the project's manifests."""
    port: int
    https_port: int
    lifetime: str = "24h"
    """Of certificates."""
    here: Path = Path("/")
    """Where the person stands."""
    dashboard_port: int = field(default_factory=any_port)

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / "s"

    @property
    def manifests(self) -> Path:
        """The copy of the project's manifests, to be changed at will."""
        return self.folder / "m"

    @property
    def client(self) -> Client:
        """Asks the supervisor itself, where a test looks often."""
        return Client(StateFolder(self.state))

    def pods(self, workload: str) -> dict[str, PodView]:
        """Return the pods of a workload by name; a rolling restart leaves others than those of the start."""
        return {pod.name: pod for pod in self.client.status().pods if pod.workload == workload}

    @property
    def environment(self) -> dict[str, str]:
        """What the command line is started with."""
        return {
            "PATH": os.environ["PATH"],
            "LOCALMESH_STATE": str(self.state),
            "LOCALMESH_MANIFESTS": str(self.manifests),
            "LOCALMESH_PORT": str(self.port),
            "LOCALMESH_HTTPS_PORT": str(self.https_port),
            "LOCALMESH_CERTIFICATE_LIFETIME": self.lifetime,
            "LOCALMESH_DASHBOARD_PORT": str(self.dashboard_port),
        }

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command, in a session of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "localmesh", *words],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.here,
            start_new_session=True,
        )

    def run(self, *words: str, **environment: str) -> "Outcome":
        """Run a command to its end, in this process if it can be."""
        if words[0] not in PROCESSES:
            return self.within(*words, **environment)
        with self.start(*words, **environment) as process:
            out, err = process.communicate(timeout=90)
        return Outcome(process.returncode, out, err)

    def within(self, *words: str, **environment: str) -> "Outcome":
        """Run a command in this process."""
        with contextlib.chdir(self.here):
            result = CliRunner().invoke(main, words, env={**self.environment, **environment}, prog_name="localmesh")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    def processes(self) -> dict[str, psutil.Process]:
        """Return all processes of this mesh by their names."""
        found = {}
        for process in psutil.process_iter():
            try:
                environ = process.environ()
            except (psutil.Error, OSError):
                continue
            if environ.get("LOCALMESH_STATE") == str(self.state) and "LOCALMESH_PROCESS" in environ:
                found[environ["LOCALMESH_PROCESS"]] = process
        return found

    def kill(self, name: str) -> None:
        """Kill one process of this mesh, as nothing should, and wait until it is gone: it dies a moment later."""
        process = self.processes()[name]
        process.kill()
        with contextlib.suppress(psutil.NoSuchProcess):
            while process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(POLL)
        # The first thread of a process can be gone before the others, which hold the lock until they are.
        while name == "supervisor" and StateFolder(self.state).owner() is not None:
            time.sleep(POLL)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


@contextmanager
def commands(folder: Path) -> Iterator[Commands]:
    """Yield a mesh that is not started yet, and see that nothing of it is left."""
    for part in PARTS:
        shutil.copytree(PROJECT / part, folder / "m" / part)
    found = Commands(folder, any_port(), any_port())
    with cleaned(found):
        yield found


@contextmanager
def cleaned(found: Commands) -> Iterator[None]:
    """See that nothing of a mesh is left, whatever happens."""
    try:
        yield
    finally:
        if found.processes():
            found.run("down")
        for process in found.processes().values():
            process.kill()
