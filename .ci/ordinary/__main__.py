"""Runs the README's two commands as a new ordinary user, in a path with a space, from empty caches.

Fails if one of them fails, or leaves a process, a listening socket or a file outside of the checkout and the caches.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

from ordinary.leftovers import Place, adopt_orphans
from ordinary.start import INOTIFY, INOTIFY_INSTANCES, OPEN_FILES, Namespace, Starter
from ordinary.user import User, new_user, same_user

PROJECT = Path(__file__).resolve().parents[2]
README_COMMAND = re.compile(r"^\$ (pip install .+ && just (\w+))$", re.MULTILINE)
PATH = "/usr/local/bin:/usr/bin:/bin"
"""What an ordinary user finds at the login; no tool of the one who runs this is among it."""
PASSED_ON = re.compile(r"CI|LANG|LC_\w+|TZ|(?i:\w+_proxy)|PIP_\w+|UV_\w+|SSL_CERT_\w+|(?:REQUESTS|CURL)_CA_BUNDLE")
"""Variables that say how the package registries are reached, and which language is spoken."""
OWN = ("PIP_CACHE_DIR", "UV_CACHE_DIR", "PIP_CONFIG_FILE", "UV_CONFIG_FILE")
"""Variables that would lead to the caches and settings of the one who runs this."""
DEEP = "ping pong in a folder whose path has spaces, and more bytes than the 108 of a Unix socket"
"""Where the checkout lies."""
LONGEST = 20 * 60.0
"""Seconds that a command may take."""
FETCHED_WITHIN = 150.0
"""Seconds in which a browser must have been fetched: without one only its tests are skipped."""
FINDS_PYTHON = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the README's commands."""

    starter: Starter
    place: Place

    def step(self, name: str, script: str) -> None:
        """Run a script of the user's shell, and end with an error where it fails."""
        say(f"$ {script}")
        started = monotonic()
        code = self.starter.run(["bash", "-c", f". tools/bin/activate && {script}"], within=LONGEST)
        say(f"{name}: exit code {code} after {monotonic() - started:.0f} s")
        if code != 0:
            sys.exit(f"error: `{script}` ended with {code}")

    def nothing_left(self, after: str, before: frozenset[str]) -> None:
        """End with an error where something is there that was not before."""
        left = self.place.left(before)
        if left:
            sys.exit("\n  ".join([f"error: left behind after `{after}`:", *left]))
        say(
            f"Nothing is left after `{after}`: no process, no listening socket, no file outside of checkout and caches."
        )


def main() -> None:
    """Run all of it."""
    adopt_orphans()
    commands = README_COMMAND.findall((PROJECT / "README.md").read_text())
    if [verb for _, verb in commands] != ["up", "check"]:
        sys.exit(f"error: README.md is expected to give two commands, `just up` and `just check`; it gives {commands}")
    install_browser()
    for make in (new_user, same_user) if os.geteuid() == 0 else (same_user,):
        with make() as user:
            starter = limited(Starter(user, variables(user, os.environ), user.home))
            if python := find_python(starter):
                run_as(replace(starter, folder=checkout(user)), python, commands)
                return
        say(f"No Python with `venv` that {user.name} may run is here.")
    sys.exit("error: install Python 3.11 or newer with its module `venv` (Debian's python3-venv)")


def install_browser() -> None:
    """Install Debian's Chromium if this is root and there is none: an ordinary user cannot, and skips its tests."""
    if os.geteuid() != 0 or shutil.which("chromium", path=PATH) or not shutil.which("apt-get", path=PATH):
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    try:
        # Only what waits for others has a time limit: an installation must not be broken off.
        for step in (["apt-get", "update"], [*install, "--download-only"]):
            subprocess.run(step, check=True, timeout=FETCHED_WITHIN, env=environment, stdout=subprocess.DEVNULL)
        subprocess.run(install, check=True, env=environment, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        say(f"No Chromium is installed, and the tests of the page are skipped: {error}")
        return
    say("Chromium was installed, for the tests of the page.")


def run_as(starter: Starter, python: str, commands: list[tuple[str, str]]) -> None:
    """Run the commands as one user."""
    say(f"Running in `{starter.folder}` with {python}.")
    if starter.run([python, "-m", "venv", "tools"], within=120) != 0:
        sys.exit(f"error: {python} makes no virtual environment")
    user = starter.user
    run = Run(starter, Place(user.uid, user.home, (starter.folder, user.home / ".cache"), user.new))
    before = run.place.things()
    for command, verb in commands:
        run.step(verb, command)
        if verb == "up":
            run.step("down", "just down")
        run.nothing_left("just down" if verb == "up" else f"just {verb}", before)
    clean(starter)


def checkout(user: User) -> Path:
    """Clone what is committed into a folder of the user, and return it."""
    folder = user.home / DEEP / "checkout"
    clone = ["git", "clone", "--quiet", "--no-hardlinks", str(PROJECT), str(folder)]
    with tempfile.NamedTemporaryFile("w") as settings:
        # The project may belong to another user than the one who runs this: git asks to be told that this is so.
        print("[safe]", f'directory = "{PROJECT}/.git"', sep="\n", file=settings, flush=True)
        subprocess.run(clone, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": settings.name})
    if user.new:
        for path in (folder.parent, *folder.parent.rglob("*")):
            os.chown(path, user.uid, user.gid, follow_symlinks=False)
    return folder


def variables(user: User, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a login, and those by which the package registries are reached."""
    passed = {name: value for name, value in environ.items() if PASSED_ON.fullmatch(name) and name not in OWN}
    return passed | {
        "HOME": str(user.home),
        "USER": user.name,
        "LOGNAME": user.name,
        "SHELL": "/bin/bash",
        "PATH": PATH,
    }


def limited(starter: Starter) -> Starter:
    """Return a starter under the usual limits, and say which of them this machine does not let lower."""
    reads = ["bash", "-c", f'[ "$(cat {INOTIFY})" = {INOTIFY_INSTANCES} ]']
    possible = (replace(starter, namespace=one) for one in (Namespace.OF_THE_USER, Namespace.OF_THIS_PROGRAM))
    lowered = (one for one in possible if one.run(reads, within=10, quiet=True) == 0)
    starter = next(lowered, replace(starter, namespace=Namespace.NONE))
    instances = str(INOTIFY_INSTANCES)
    if starter.namespace is Namespace.NONE:
        now = Path("/proc/sys/fs/inotify/max_user_instances").read_text().strip()
        instances = f"{now} (not lowered to {INOTIFY_INSTANCES}: this machine allows no user namespace)"
    whom = "a new user" if starter.user.new else f"{starter.user.name}, no new user"
    say(f"Running as {whom}; open files: {OPEN_FILES}; inotify instances: {instances}.")
    return starter


def find_python(starter: Starter) -> str | None:
    """Return a Python that the user may run and that makes virtual environments: the one that runs this, if it can."""
    candidates = (sys.executable, shutil.which("python3", path=PATH))
    works = (one for one in candidates if one and starter.run([one, "-c", FINDS_PYTHON], within=60, quiet=True) == 0)
    return next(works, None)


def clean(starter: Starter) -> None:
    """End with an error where the commands have changed the checkout."""
    if starter.run(["bash", "-c", '[ -z "$(git status --porcelain)" ]'], within=60) != 0:
        starter.run(["git", "status", "--short"], within=60)
        sys.exit("error: the commands have changed files of the checkout")


def say(text: str) -> None:
    """Print a line about the run itself."""
    print(f"[ci] {text}", flush=True)  # noqa: T201 what CI shows


if __name__ == "__main__":
    main()
