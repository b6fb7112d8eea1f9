"""Whether the service is ready for traffic."""

from dataclasses import dataclass
from enum import Enum, auto

PROBES = frozenset({"/live", "/ready"})
"""Paths that the kubelet requests every few seconds: counted, but neither traced nor logged."""


class Phase(Enum):
    """The phase of the service's life cycle."""

    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()


@dataclass(slots=True)
class Health:
    """The phase of one service; only a running one is ready."""

    phase: Phase = Phase.STARTING
    unready: bool = False
    """Whether the fault `unready` is on: then the service is never ready."""

    @property
    def ready(self) -> bool:
        """Whether new requests are welcome. The target's state does not matter: it is not this service's."""
        return self.phase is Phase.RUNNING and not self.unready

    def started(self) -> None:
        """Note that start-up is over, unless the end has begun."""
        if self.phase is Phase.STARTING:
            self.phase = Phase.RUNNING

    def stopping(self) -> None:
        """Note that the end has begun."""
        self.phase = Phase.STOPPING
