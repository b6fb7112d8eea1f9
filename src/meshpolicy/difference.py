"""What a change of manifests does to access: opened, closed, or granted by other objects. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from meshpolicy.access import Access


class Change(StrEnum):
    """What became of one access."""

    OPENED = "opened"
    CLOSED = "closed"
    REASONED = "re-reasoned"
    """Granted before and after, by other objects."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One access that is not as it was."""

    change: Change
    access: Access
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def compare(old: Iterable[Access], new: Iterable[Access]) -> tuple[Changed, ...]:
    """Return what changed, what opened first: that is what a reviewer must see."""
    before, after = _grouped(old), _grouped(new)
    opened = [Changed(Change.OPENED, a[0], after=_names(a)) for key, a in after.items() if key not in before]
    closed = [Changed(Change.CLOSED, a[0], before=_names(a)) for key, a in before.items() if key not in after]
    reasoned = [
        Changed(Change.REASONED, a[0], _names(before[key]), _names(a))
        for key, a in after.items()
        if key in before and _names(before[key]) != _names(a)
    ]
    return (*opened, *closed, *reasoned)


def _grouped(found: Iterable[Access]) -> dict[tuple[str, int, str, str], list[Access]]:
    grouped: dict[tuple[str, int, str, str], list[Access]] = {}
    for access in found:
        if not access.blocked:
            for single in _single(access):
                grouped.setdefault(single.key, []).append(single)
    return grouped


def _single(access: Access) -> Iterator[Access]:
    """Yield an access for each of its requests: a route that has grown by one has closed nothing."""
    requests, at, hosts = access.what.partition(" at ")
    for request in requests.split(", "):
        yield replace(access, what=f"{request}{at}{hosts}")


def _names(found: list[Access]) -> tuple[str, ...]:
    return tuple(sorted({str(access.by) for access in found}))
