"""All tricks of HTTP/1.1. Pure."""

from collections.abc import Iterator

from meshverify.tricks.framing import framing
from meshverify.tricks.hosts import hosts
from meshverify.tricks.paths import paths
from meshverify.tricks.trick import Base, Trick


def tricks(base: Base) -> Iterator[Trick]:
    """Yield every trick, the path itself first: it is the control of all others."""
    yield from paths(base)
    yield from hosts(base)
    yield from framing(base)
