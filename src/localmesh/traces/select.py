"""Which of the traces that are kept a person wants to see. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from localmesh.traces.trace import Trace

LIMIT = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a trace must be; all of it holds for each."""

    limit: int = LIMIT
    """How many at most."""
    errors: bool = False
    """Only traces with an error or a refused request."""
    service: str = ""
    """A span is of this service, or of this pod."""
    name: str = ""
    """The name of a span holds this, in any case."""
    longer: float = 0.0
    """Seconds that it took at least."""
    since: int = 0
    """Nanoseconds since 1970 at which it began, or later."""

    def accepts(self, trace: Trace) -> bool:
        """Whether a trace is wanted."""
        return (
            trace.start >= self.since
            and trace.seconds >= self.longer
            and (not self.errors or trace.failed or trace.refused is not None)
            and (not self.service or any(self.service in (span.service, span.pod) for span in trace.spans))
            and (not self.name or any(self.name.lower() in span.name.lower() for span in trace.spans))
        )

    def select(self, traces: Iterable[Trace]) -> tuple[Trace, ...]:
        """Return the first of the traces that are wanted."""
        return tuple(islice(filter(self.accepts, traces), self.limit))
