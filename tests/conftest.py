"""What all tests share: a PATH on which no tool of this machine is found, and a folder that is removed at the end."""

import gc
import shutil
import signal
import tempfile
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from .onpath import THIS_MACHINE, Tripwires, only

# On a busy machine examples take long, which is no fault, and what gates a change must not go by chance:
# other examples are tried with `--hypothesis-profile default`.
settings.register_profile("gate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gate")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let a Ctrl-C reach what tests start, and keep temporary files in a folder of this run.

    Unless `--basetemp` names one: pytest's own stays in /tmp.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So a shell starts what runs in the background; programs that tests start would never see their Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.option.basetemp:
        config.option.basetemp = tempfile.mkdtemp(prefix="tests-")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected: what they are made of stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


WORLD = "tests/localmesh/envoy/"


class OneMesh(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Lets one process run all files that take addresses of the pod network, and each other file be run as a whole.

    The files of `tests/localmesh/envoy` share a world, with addresses that follow from the process: it is built once,
    beside those others.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid.partition("::")[0])


@cache
def scope(file: str) -> str:
    """Return what the tests of a file are run with."""
    text = (Path(__file__).parent.parent / file).read_text()
    if not ("pytest.mark.envoy" in text or "claimed()" in text):
        return file
    return "world" if file.startswith(WORLD) else "mesh"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Return what distributes the tests over processes, where it is asked for by `--dist loadscope`."""
    return OneMesh(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.fixture(scope="session")
def tripwires(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tripwires]:
    """Leave nothing on the PATH but tripwires, until the last test has ended."""
    found = Tripwires(tmp_path_factory.mktemp("tripwires"))
    with pytest.MonkeyPatch.context() as patch:
        only(patch, found.folder)
        yield found


@pytest.fixture(autouse=True)
def _only_named_tools(request: pytest.FixtureRequest, tripwires: Tripwires) -> Iterator[None]:
    if request.node.get_closest_marker("cluster"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", THIS_MACHINE)
            yield
        return
    with tripwires.watched():
        yield
