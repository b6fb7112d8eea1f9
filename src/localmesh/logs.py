"""Keeps logs bounded without standing between a program and its file."""

import shutil
from collections.abc import Iterable
from pathlib import Path

LONGEST = 8 * 1024 * 1024


def trim(logs: Iterable[Path], longest: int = LONGEST) -> None:
    """Copy what is too long to `NAME.1` and empty it; writers append, so they go on at the new start."""
    for log in logs:
        if log.is_file() and log.stat().st_size > longest:
            aside = log.with_name(log.name + ".1")
            shutil.copyfile(log, aside)
            aside.chmod(0o600)
            with log.open("r+b") as file:
                file.truncate()
