"""What all tests share: a PATH on which no tool of this machine is found, and a folder that is removed at the end."""

import shutil
import tempfile
from collections.abc import Iterator

import pytest

from .onpath import THIS_MACHINE, Tripwires, only


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Keep temporary files in a folder of this run, unless `--basetemp` names one: pytest's own stays in /tmp."""
    if not config.option.basetemp:
        config.option.basetemp = tempfile.mkdtemp(prefix="tests-")
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process run all tests with real Envoys, one after the other, while a second runs the rest."""
    for item in items:
        if item.get_closest_marker("envoy"):
            item.add_marker(pytest.mark.xdist_group("envoy"))


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
