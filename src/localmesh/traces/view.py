"""The supervisor's answer about stored traces, as JSON values."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from localmesh.traces.trace import Trace, as_data


@dataclass(frozen=True, slots=True)
class TracesView:
    """Traces, and the counts that explain why others are missing."""

    traces: tuple[Trace, ...]
    """The traces, latest first."""
    kept: int
    """Number of stored spans."""
    received: int
    """Number of spans received since the mesh started."""
    forgotten: int
    """Number of received spans that were dropped to make room."""
    ratio: float | None
    """Share (0 to 1) of traces started in the mesh that are recorded; None if tracing is disabled."""
    collector: str = ""
    """The collector to which spans are forwarded; empty if there is none."""
    page: str = ""
    """URL of the Jaeger beside the mesh; empty if there is none."""

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        rest = asdict(replace(self, traces=()))
        return json.dumps({**rest, "traces": [as_data(trace) for trace in self.traces]})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        return cls(**{**data, "traces": tuple(Trace.from_data(trace) for trace in data["traces"])})
