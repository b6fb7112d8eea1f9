"""What a change of manifests does to access: opened, closed, or granted by other objects. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.words import EVERYTHING, wider_clients
from meshpolicy.core.policy import Ref

Grouped = dict[tuple[str, int, str, str], list[Access]]
"""Accesses by what is compared: server, port, client and request."""


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
    """Return what changed, what opened first: that is what a reviewer must see.

    What a wider access granted before is not opened, and what a wider one still grants is not closed.
    """
    before, after = _grouped(old), _grouped(new)
    found: dict[Change, list[Changed]] = {change: [] for change in Change}
    for key, granted in after.items():
        earlier = before.get(key) or _wider(granted[0], before)
        if not earlier:
            found[Change.OPENED].append(Changed(Change.OPENED, granted[0], after=_names(granted)))
        elif _names(earlier) != _names(granted):
            found[Change.REASONED].append(Changed(Change.REASONED, granted[0], _names(earlier), _names(granted)))
    for key, granted in before.items():
        if key in after:
            continue
        later = _wider(granted[0], after)
        if not later:
            found[Change.CLOSED].append(Changed(Change.CLOSED, granted[0], before=_names(granted)))
        elif _names(later) != _names(granted):
            found[Change.REASONED].append(Changed(Change.REASONED, granted[0], _names(granted), _names(later)))
    return tuple(changed for changes in found.values() for changed in changes)


def _wider(access: Access, grouped: Grouped) -> list[Access]:
    """Return the accesses to the same port that hold this one: of wider clients, for the same or all requests."""
    server, port, client, what = access.key
    keys = ((server, port, who, asked) for who in wider_clients(client) for asked in dict.fromkeys((what, EVERYTHING)))
    return next((grouped[key] for key in keys if key in grouped), [])


def _grouped(found: Iterable[Access]) -> Grouped:
    grouped: Grouped = {}
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
    return tuple(sorted({_name(access.by) for access in found}))


def _name(ref: Ref) -> str:
    return str(ref)
