"""A child process: its log, its restarts, its end."""

import asyncio
import os
import stat
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import psutil
import pytest

from localmesh.errors import CommandFailed
from localmesh.pods.process import BackOff, Child, Program, tail
from localmesh.until import until

AT_ONCE = BackOff(first=0.01, most=0.05)


def program(folder: Path, script: str, **environment: str) -> Program:
    command = (sys.executable, "-c", script)
    return Program("it", command, {"PATH": os.environ["PATH"], **environment}, folder / "app.log", folder)


def child(folder: Path, script: str, grace: float = 5.0, back_off: BackOff = AT_ONCE) -> Child:
    return Child(program(folder, script), grace=grace, back_off=back_off)


def run(main: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(main())


def test_its_output_goes_to_a_private_log_and_its_environment_is_what_was_given(tmp_path: Path) -> None:
    async def main() -> None:
        it = Child(program(tmp_path, "import os, time; print(sorted(os.environ), flush=True); time.sleep(60)", A="1"))
        await it.start()
        log = tmp_path / "app.log"
        await until(lambda: "\n" in log.read_text(), within=10, what="the program wrote nothing")
        await it.stop()
        assert log.read_text().startswith("['A', ")
        assert "HOME" not in log.read_text()
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        assert it.pid is None

    run(main)


def test_it_is_restarted_with_back_off_and_restarts_are_counted(tmp_path: Path) -> None:
    async def main() -> None:
        heard = []
        it = Child(program(tmp_path, "exit(3)"), back_off=AT_ONCE, on_change=lambda: heard.append(1))
        await it.start()
        await until(lambda: it.restarts >= 3, within=10, what="it was not restarted thrice")
        await it.stop()
        assert len(heard) >= 2 * it.restarts - 1

    run(main)


@pytest.mark.parametrize("steps", range(8))
def test_a_start_that_is_given_up_leaves_no_process(steps: int, tmp_path: Path) -> None:
    """After however many steps of the event loop: what was born in the meantime is ended, too."""

    async def main() -> None:
        before = set(psutil.Process().children())
        it = child(tmp_path, "import time; time.sleep(60)")
        starting = asyncio.create_task(it.start())
        for _ in range(steps):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait([starting])
        await it.stop()
        born = set(psutil.Process().children()) - before
        assert not [found for found in born if found.status() != psutil.STATUS_ZOMBIE]

    run(main)


def test_the_wait_before_a_restart_doubles_to_a_bound() -> None:
    back_off = BackOff(first=0.1, most=10)
    assert [back_off.after(failures) for failures in (1, 2, 3, 8, 10_000)] == [0.1, 0.2, 0.4, 10, 10]


def test_it_may_clean_up_on_sigterm(tmp_path: Path) -> None:
    script = (
        "import signal, sys\nsignal.signal(15, lambda *_: (print('bye'), sys.exit()))\n"
        "print('hi', flush=True)\nsignal.pause()"
    )

    async def main() -> None:
        it = child(tmp_path, script)
        await it.start()
        await until(lambda: tail(tmp_path / "app.log") == "hi", within=10, what="it said nothing")
        await it.stop()
        assert tail(tmp_path / "app.log") == "hi\nbye"

    run(main)


def test_it_is_killed_with_all_that_it_started_when_the_grace_is_over(tmp_path: Path) -> None:
    script = (
        "import signal, subprocess\nsignal.signal(15, signal.SIG_IGN)\n"
        "print(subprocess.Popen(['/bin/sleep', '60']).pid, flush=True)\nwhile True: signal.pause()"
    )

    async def main() -> None:
        it = child(tmp_path, script, grace=0.1)
        await it.start()
        await until(lambda: tail(tmp_path / "app.log") != "", within=10, what="it said nothing")
        await it.stop()
        grandchild = int(tail(tmp_path / "app.log"))
        await until(
            lambda: not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == "zombie",
            within=5,
            what="its own child was not killed",
        )

    run(main)


def test_it_is_not_started_again_after_a_stop_during_back_off(tmp_path: Path) -> None:
    async def main() -> None:
        it = child(tmp_path, "exit(1)", back_off=BackOff(first=60))
        await it.start()
        await until(lambda: it.restarts == 1, within=10, what="it did not end")
        await it.stop()
        assert it.pid is None

    run(main)


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    async def main() -> None:
        it = Child(Program("it", (str(tmp_path / "no"),), {}, tmp_path / "app.log", tmp_path))
        with pytest.raises(CommandFailed, match="no` cannot be started: No such file or directory"):
            await it.start()

    run(main)


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a\nb\nc\n")
    assert tail(tmp_path / "log", 2) == "b\nc"
    assert tail(tmp_path / "none") == ""
