"""What the tests of the local mesh share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .commands import Commands, commands


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Make a folder whose path leaves room for the names of Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="lm-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def mesh() -> Iterator[Commands]:
    """Start the project's own manifests once for all tests that only look."""
    with tempfile.TemporaryDirectory(prefix="lm-") as folder, commands(Path(folder)) as found:
        outcome = found.run("up")
        assert outcome.code == 0, outcome.err
        yield found
