"""One child process: starts it, restarts it with back-off when it exits, and stops it."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from localmesh.errors import CommandFailed
from localmesh.files import PRIVATE_FILE
from localmesh.until import stop_task

TAIL = 20


@dataclass(frozen=True, slots=True)
class Program:
    """A program to run. `command` must hold no secret: every user of the machine can read it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class BackOff:
    """Seconds to wait before a restart: doubled from `first` up to `most`, reset after `stable` seconds of running."""

    first: float = 0.1
    most: float = 10.0
    stable: float = 20.0

    def after(self, failures: int) -> float:
        """Return the seconds to wait after that many consecutive failures."""
        return min(self.most, self.first * 2.0 ** min(failures - 1, 30))


class Child:
    """A program that is kept running until it is stopped."""

    def __init__(
        self,
        program: Program,
        *,
        grace: float = 5.0,
        back_off: BackOff = BackOff(),
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self.program = program
        self.restarts = 0
        self._grace = grace
        self._back_off = back_off
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False
        self._changing = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """ID of the running process; None if none runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the program and keep it running; raises CommandFailed if it cannot start at all."""
        async with self._changing:
            if self._stopping:
                return
            await self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    async def stop(self, grace: float | None = None) -> None:
        """Stop the program for good: SIGTERM, then SIGKILL after `grace` seconds (None: its default)."""
        self._stopping = True
        self._grace = self._grace if grace is None else grace
        async with self._changing:
            await self._end()
        await stop_task(self._keeper)

    async def restart(self) -> None:
        """Stop the program; it is started again as after any exit."""
        await self._end()

    async def _end(self) -> None:
        process = self._process
        if not process or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._grace)
        except TimeoutError:
            pass
        finally:
            _kill_session(process.pid)
        await process.wait()

    async def _spawn(self) -> None:
        handle = os.open(self.program.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, PRIVATE_FILE)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=handle,
                stderr=handle,
                env=dict(self.program.environment),
                cwd=self.program.folder,
                # In its own session a child gets no Ctrl-C from the terminal; the supervisor stops them in order.
                start_new_session=True,
            )
        except OSError as error:
            raise CommandFailed(f"`{self.program.command[0]}` cannot be started: {error.strerror}") from error
        finally:
            os.close(handle)

    async def _keep(self) -> None:
        failures = 0
        while True:
            assert self._process is not None  # noqa: S101 `start` has made it
            started = monotonic()
            await self._process.wait()
            _kill_session(self._process.pid)
            if self._stopping:
                return
            self.restarts += 1
            self._on_change()
            failures = 1 if monotonic() - started > self._back_off.stable else failures + 1
            await asyncio.sleep(self._back_off.after(failures))
            while not await self._respawn():
                failures += 1
                await asyncio.sleep(self._back_off.after(failures))

    async def _respawn(self) -> bool:
        # Under the lock, so that `stop` never misses a process that is just being started.
        async with self._changing:
            if self._stopping:
                return True
            try:
                await self._spawn()
            except CommandFailed:
                return False
        self._on_change()
        return True


def _kill_session(leader: int) -> None:
    """Kill the program, if it still runs, and all processes of its process group."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def tail(path: Path, lines: int = TAIL) -> str:
    """Return the last lines of a log; empty if it cannot be read."""
    try:
        with path.open(errors="replace") as file:
            return "".join(deque(file, lines)).rstrip()
    except OSError:
        return ""
