"""What the supervisor tells about the traces that it keeps, as values that travel as JSON."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from localmesh.traces.trace import Trace, as_data


@dataclass(frozen=True, slots=True)
class TracesView:
    """Some traces, and how there come to be no others."""

    traces: tuple[Trace, ...]
    """The latest first."""
    kept: int
    """Spans that are kept now."""
    received: int
    """Spans that came since the mesh started."""
    forgotten: int
    """Received spans that were dropped to make room."""
    ratio: float | None
    """The share of traces that are recorded, of those that begin in the mesh; None where nobody makes spans."""
    collector: str = ""
    """Who gets the spans, too; empty: nobody."""
    page: str = ""
    """Where the Jaeger beside the mesh shows them; empty without one."""

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        rest = asdict(replace(self, traces=()))
        return json.dumps({**rest, "traces": [as_data(trace) for trace in self.traces]})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        return cls(**{**data, "traces": tuple(Trace.from_data(trace) for trace in data["traces"])})
