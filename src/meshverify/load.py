"""What became of a load: how many requests were sent, which were lost, and how long they took. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

BROKEN_OFF = "broken off"
"""The answer's head had arrived, and its body ended early: no proxy can send such a request again."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many requests were sent and failed, and how long they took, in seconds."""

    sent: int
    failures: Mapping[str, int] = field(default_factory=dict)
    """Requests not answered with 200, counted by status or by what happened instead."""
    p50: float = 0.0
    p99: float = 0.0

    @property
    def broken_off(self) -> int:
        """How many answers had begun when their connections broke off."""
        return self.failures.get(BROKEN_OFF, 0)

    @property
    def lost(self) -> int:
        """How many were not answered with 200, and had no answer begun."""
        return sum(self.failures.values()) - self.broken_off

    def __str__(self) -> str:
        lost = {word: count for word, count in self.failures.items() if word != BROKEN_OFF}
        failures = ", ".join(f"{count} x {word}" for word, count in sorted(lost.items()))
        times = f"p50 {self.p50 * 1000:.0f} ms, p99 {self.p99 * 1000:.0f} ms"
        begun = f", {self.broken_off} answers broken off" if self.broken_off else ""
        return f"{self.lost} of {self.sent} requests lost{f' ({failures})' if failures else ''}{begun}; {times}"
