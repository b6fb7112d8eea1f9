"""Bounds the size of logs, which programs write directly."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from localmesh.files import PRIVATE_FILE

LONGEST = 8 * 1024 * 1024


def aside(log: Path) -> Path:
    """Return the file that holds the older part of a log."""
    return log.with_name(log.name + ".1")


def trim(logs: Iterable[Path], longest: int = LONGEST) -> None:
    """Copy logs that are too long to `NAME.1` and empty them; writers append, so they continue at the start."""
    for log in logs:
        if log.is_file() and log.stat().st_size > longest:
            # On a full disk nothing can be kept, and all the more must the log become short.
            with suppress(OSError):
                shutil.copyfile(log, aside(log))
                aside(log).chmod(PRIVATE_FILE)
            with log.open("r+b") as file:
                file.truncate()
