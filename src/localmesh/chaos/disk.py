"""The disk for the logs is full: a second mesh keeps its state on a small one of its own, which is filled."""

import asyncio
import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, run

from localmesh.chaos.scratch import scratch_folder, scratch_mesh
from localmesh.chaos.site import Site
from localmesh.chaos.story import Clock, FaultReport, Story, under_load
from localmesh.errors import BadInput, CommandFailed
from localmesh.until import until

SIZE = "64m"
FOR = 10.0
BACK_WITHIN = 30.0
NEEDED = "`unshare` and `mount`, and a kernel that lets a user mount a file system in a namespace of his own"


def become_private(arguments: Sequence[str]) -> None:
    """Become the same command in a mount namespace of its own, where a small disk can be mounted for it alone."""
    unshare, mount = which("unshare"), which("mount")
    user = () if os.getuid() == 0 else ("--user", "--map-root-user")
    allowed = unshare and mount and run([unshare, *user, "--mount", "true"], check=False, capture_output=True)
    if not unshare or not allowed or allowed.returncode:
        raise BadInput(f"a full disk needs {NEEDED}", hint="try the other faults")
    command = [unshare, *user, "--mount", sys.executable, "-m", "localmesh", "chaos", *arguments]
    os.execv(unshare, command)  # noqa: S606 an argument list, no shell


async def fill_disk(site: Site) -> Story:
    """Fill the disk on which a second mesh keeps its state and its logs."""
    with scratch_folder() as folder, _small_disk(folder):
        site.say(f"a second mesh of the same manifests starts, on a disk of {SIZE}")
        with scratch_mesh(folder, site.mesh.view.settings["LOCALMESH_MANIFESTS"]) as state:
            return await _filled(Site.find(state, site.say), folder / "full")


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """Have a folder be a disk of its own."""
    _mounting("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder))
    try:
        yield
    finally:
        _mounting("umount", str(folder))


def _mounting(*command: str) -> None:
    done = run(command, stdin=DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandFailed(f"`{command[0]}` failed", done.stderr)


async def _filled(site: Site, filler: Path) -> Story:
    log = site.mesh.logs[site.victim.name]

    async def strike() -> FaultReport:
        clock = Clock()
        fill(filler)
        site.say(f"the disk is full for {FOR:g} s")
        size = log.stat().st_size
        await asyncio.sleep(FOR)
        kept = log.stat().st_size - size
        room = Clock()
        empty(filler)
        size = log.stat().st_size
        await until(lambda: log.stat().st_size > size, within=BACK_WITHIN, what="nothing was logged any more")
        happened = f"the disk was full for {FOR:g} s, in which {site.victim.name} could log {kept} bytes"
        healed = f"by itself: {room.seconds:.1f} s after there was room, requests were logged again"
        return FaultReport(happened, healed, clock.seconds)

    return await under_load("disk", site.target, strike)


def empty(filler: Path) -> None:
    """Make room again."""
    filler.unlink()


def fill(filler: Path) -> None:
    """Write a file until nothing more fits on its disk."""
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for size in (1024 * 1024, 4096, 1):
            try:
                while True:
                    os.write(handle, bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    finally:
        os.close(handle)
