"""Yes, no, or unknown: what manifests say of what they may not hold. Pure."""

from collections.abc import Iterable
from enum import StrEnum


class Truth(StrEnum):
    """The answer to a question that manifests may leave open."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def possible(self) -> bool:
        """Whether the answer is yes, or may be."""
        return self is not Truth.NO

    def __bool__(self) -> bool:
        """Raise TypeError: of three answers none is simply true, and each is a text that is not empty."""
        raise TypeError("a Truth is no bool: compare it with a member, or ask whether it is possible")


def truth(value: bool) -> Truth:
    """Return yes or no."""
    return Truth.YES if value else Truth.NO


def every(parts: Iterable[Truth]) -> Truth:
    """Return no if one part is no, else unknown if one is unknown; yes if there is none at all."""
    found = Truth.YES
    for part in parts:
        if part is Truth.NO:
            return Truth.NO
        if part is Truth.UNKNOWN:
            found = Truth.UNKNOWN
    return found


def some(parts: Iterable[Truth]) -> Truth:
    """Return yes if one part is yes, else unknown if one is unknown; no if there is none at all."""
    found = Truth.NO
    for part in parts:
        if part is Truth.YES:
            return Truth.YES
        if part is Truth.UNKNOWN:
            found = Truth.UNKNOWN
    return found


def negated(part: Truth) -> Truth:
    """Return the opposite; the opposite of unknown is unknown."""
    return {Truth.YES: Truth.NO, Truth.NO: Truth.YES}.get(part, part)
