"""Whether deny can be the default. Pure."""

from collections.abc import Collection
from enum import StrEnum

from meshpolicy.ready.standing import Standing


class Readiness(StrEnum):
    """Whether deny can be the default."""

    READY = "ready"
    """Every need that is known is allowed, all can be seen, and there is a namespace to ask about."""
    NOT_READY = "not ready"
    """Some need is refused."""
    UNKNOWN = "unknown"
    """None is known to be refused, and not all can be seen."""


def readiness_of(standings: Collection[Standing], unseen: bool) -> Readiness:
    """Return whether deny can be the default, where needs stand so; `unseen`: there may be others."""
    if Standing.MISSING in standings:
        return Readiness.NOT_READY
    return Readiness.UNKNOWN if unseen or Standing.UNKNOWN in standings else Readiness.READY
