"""What is told how far a long reading is; who looks, and where it is shown, is the command line's. Pure."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Passes items on, and may tell how many there were."""

    def __call__(self, items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
        """Return the same items; `total` is None where nobody knows it beforehand."""
        ...


def no_progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """Return the items, and tell nobody."""
    del what, total
    return items
