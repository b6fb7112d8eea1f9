"""What an app can call."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """A Service's port, or one pod's port by its address."""

    name: str
    """Unique, and fit for a file name: `ponger.pingpong.80`."""
    hosts: tuple[str, ...]
    """The names it is called by, without port: `ponger`, `ponger.pingpong`, …, or an address."""
    port: int
