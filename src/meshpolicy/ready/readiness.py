"""Whether deny can be the default. Pure."""

from collections.abc import Collection
from enum import StrEnum

from meshpolicy.ready.standing import Standing


class Readiness(StrEnum):
    """Whether deny can be the default."""

    READY = "ready"
    """Every known need is allowed, all needs can be seen, and there is a namespace to ask about."""
    NOT_READY = "not ready"
    """Some need is refused."""
    UNKNOWN = "unknown"
    """No need is known to be refused, but some are unknown or cannot be seen."""


def readiness_of(standings: Collection[Standing], unseen: bool) -> Readiness:
    """Return whether deny can be the default, by the standings of the needs; `unseen` says that there may be more."""
    if Standing.MISSING in standings:
        return Readiness.NOT_READY
    return Readiness.UNKNOWN if unseen or Standing.UNKNOWN in standings else Readiness.READY
