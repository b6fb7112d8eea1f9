"""Whether the service is to get traffic."""

from dataclasses import dataclass
from enum import Enum, auto

PROBES = frozenset({"/live", "/ready"})
"""Asked by the kubelet every few seconds: counted, but neither traced nor logged."""


class Phase(Enum):
    """Where in its life the service is."""

    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()


@dataclass(slots=True)
class Health:
    """The phase of one service; only a running one is ready."""

    phase: Phase = Phase.STARTING
    unready: bool = False
    """A fault: never ready."""

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
