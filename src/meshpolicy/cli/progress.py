"""Shows on stderr how far a long question is, and wipes it away; silent where nobody looks, and for short ones."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload

Item = TypeVar("Item")
PATIENCE = 1.0
"""Seconds for which nothing is shown."""
PACE = 0.2
"""Seconds between two lines."""


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """Return the items; on a terminal say how many are done once it takes long."""
    return _watched(items, what, total) if sys.stderr.isatty() else items


def workloads_of(cluster: Cluster) -> Iterable[Workload]:
    """Return the workloads of a cluster, of each of which a verb asks who may call it."""
    return progress(cluster.workloads, "workloads asked", len(cluster.workloads))


def _watched(items: Iterable[Item], what: str, total: int | None) -> Iterator[Item]:
    due = time.monotonic() + PATIENCE
    shown = ""
    try:
        for done, item in enumerate(items, 1):
            yield item
            if time.monotonic() >= due:
                due = time.monotonic() + PACE
                shown = _replace(shown, f"{what}: {done:,}" + (f" of {total:,}" if total is not None else ""))
    finally:
        _replace(shown, "")


def _replace(shown: str, text: str) -> str:
    """Write a text over the one that is shown, and return it; spaces wipe on terminals that know no escapes, too."""
    if shown or text:
        sys.stderr.write(f"\r{text.ljust(len(shown))}" if text else f"\r{' ' * len(shown)}\r")
        sys.stderr.flush()
    return text
