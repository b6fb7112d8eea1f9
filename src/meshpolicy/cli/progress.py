"""Shows on stderr how far a long question is; silent where nobody looks, and for short ones."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
PATIENCE = 1.0
"""Seconds for which nothing is shown."""


def progress(items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
    """Yield the items; on a terminal say how many are done once it takes long."""
    shown = time.monotonic() + PATIENCE
    watched = sys.stderr.isatty()
    told = False
    for done, item in enumerate(items):
        if watched and time.monotonic() >= shown:
            sys.stderr.write(f"\r{what}: {done} of {total}")
            sys.stderr.flush()
            shown, told = time.monotonic() + 0.2, True
        yield item
    if told:
        sys.stderr.write(f"\r{what}: {total} of {total}\n")
