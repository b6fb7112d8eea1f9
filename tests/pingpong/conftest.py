"""What the tests of the service share."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Run the asynchronous tests on the loop that the service runs on."""
    return "asyncio"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a private folder whose path leaves room for the names of Unix sockets."""
    with tempfile.TemporaryDirectory(prefix="pp-") as path:
        yield Path(path)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.upper().startswith("PINGPONG_") or variable.upper().endswith("_PROXY"):
            monkeypatch.delenv(variable)
