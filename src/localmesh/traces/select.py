"""Selects stored traces by a filter. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from localmesh.traces.trace import Trace

LIMIT = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of traces; a trace must meet all of its conditions."""

    limit: int = LIMIT
    """Most traces to return."""
    errors: bool = False
    """Only traces with an error or a refused request."""
    service: str = ""
    """A span must be of this service or pod; empty: any."""
    name: str = ""
    """A span's name must contain this, ignoring case; empty: any."""
    longer: float = 0.0
    """Minimum duration in seconds."""
    since: int = 0
    """Earliest start, in nanoseconds since 1970."""

    def accepts(self, trace: Trace) -> bool:
        """Whether a trace meets the filter."""
        return (
            trace.start >= self.since
            and trace.seconds >= self.longer
            and (not self.errors or trace.failed or trace.refused is not None)
            and (not self.service or any(self.service in (span.service, span.pod) for span in trace.spans))
            and (not self.name or any(self.name.lower() in span.name.lower() for span in trace.spans))
        )

    def select(self, traces: Iterable[Trace]) -> tuple[Trace, ...]:
        """Return the first `limit` traces that meet the filter."""
        return tuple(islice(filter(self.accepts, traces), self.limit))
