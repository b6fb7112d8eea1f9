"""What a test finds on its PATH: only what it names, so that no test reaches a tool of this machine by accident."""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

THIS_MACHINE = os.environ.get("PATH", "")
"""The PATH that the tests were started with, read before any test sees another."""
GUARDED = ("curl", "docker", "git", "helm", "kind", "kubectl")
"""Tools that this project runs: a test that reaches one which it did not name fails."""
# Python's own file has no `#!` that could hold a path with a space: a shell starts it, for which the second line is
# a command and the third never read; for Python both are a text without a use.
START = "#!/bin/sh\n'''exec' {python} -SE \"$0\" \"$@\"\n' '''\n"
TRIPWIRE = """import sys
from pathlib import Path
here = Path(__file__)
call = " ".join([here.name, *sys.argv[1:]])
with (here.parent / "reached").open("a") as reached:
    reached.write(call + chr(10))
sys.exit(f"a test reached `{call}`, which it did not name")
"""


def stand_in(folder: Path, name: str, program: str) -> None:
    """Write a Python program that stands in for a tool; its `__file__` is the tool's path."""
    tool = folder / name
    tool.write_text(START.format(python=shlex.quote(sys.executable)) + program)
    tool.chmod(0o700)


def only(patch: pytest.MonkeyPatch, *folders: Path) -> None:
    """Let the test find the programs of these folders, and no others."""
    patch.setenv("PATH", os.pathsep.join(map(str, folders)))


def really(name: str) -> Path:
    """Return the path of this machine's own tool; skip the test where there is none."""
    found = shutil.which(name, path=THIS_MACHINE)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return Path(found)


@contextmanager
def real_tools(*names: str) -> Iterator[None]:
    """Let the test find these tools of this machine, and no others."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name in names:
            (Path(folder) / name).symlink_to(really(name))
        only(patch, Path(folder))
        yield


class Tripwires:
    """Stand-ins for the tools that this project runs, which write down that they were reached."""

    def __init__(self, folder: Path) -> None:
        """Write them."""
        self.folder = folder
        for name in GUARDED:
            stand_in(folder, name, TRIPWIRE)

    def reached(self) -> list[str]:
        """Return the calls that reached one of them, in order."""
        record = self.folder / "reached"
        return record.read_text().splitlines() if record.exists() else []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Fail the test whose body reaches one of them."""
        before = len(self.reached())
        yield
        if calls := self.reached()[before:]:
            pytest.fail(f"this test reached tools that it did not name: {', '.join(calls)}", pytrace=False)
