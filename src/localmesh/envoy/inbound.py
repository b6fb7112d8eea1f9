"""What a sidecar accepts for its pod."""

from dataclasses import dataclass
from pathlib import Path

from meshpolicy.policy import PortPolicy


@dataclass(frozen=True, slots=True)
class InboundPort:
    """A container port: its number, the app's socket for it, and who may call it."""

    number: int
    socket: Path
    policy: PortPolicy
