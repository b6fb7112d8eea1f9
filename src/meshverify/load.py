"""What became of a load: how many requests were sent, which were lost, and how long they took. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Load:
    """How many requests were sent and failed, and how long they took, in seconds."""

    sent: int
    failures: Mapping[str, int] = field(default_factory=dict)
    """Those that were not answered with 200: by status, or by what happened instead."""
    p50: float = 0.0
    p99: float = 0.0

    @property
    def lost(self) -> int:
        """How many were not answered with 200."""
        return sum(self.failures.values())

    def __str__(self) -> str:
        failures = ", ".join(f"{count} x {word}" for word, count in sorted(self.failures.items()))
        times = f"p50 {self.p50 * 1000:.0f} ms, p99 {self.p99 * 1000:.0f} ms"
        return f"{self.lost} of {self.sent} requests lost{f' ({failures})' if failures else ''}; {times}"
