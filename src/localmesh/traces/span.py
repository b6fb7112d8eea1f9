"""A span: one piece of work of an app or a sidecar. A value: no I/O.

Names and meanings are OpenTelemetry's (opentelemetry/proto/trace/v1/trace.proto).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | bool | int | float
"""An attribute's value; lists and maps are stored as text."""


POLICY = "policy."
"""Prefix of attributes that only the mesh may set."""
VERDICT = "policy.verdict"
"""Attribute with the policies' verdict, on a sidecar's server span of a refused request."""
RULE = "policy.rule"
"""Attribute with the object that decided."""
PLACE = "policy.place"
"""Attribute with that object's position: `file:line`."""
REASONS = "policy.reasons"
"""Attribute with all reasons, one per line."""


class SpanKind(StrEnum):
    """The role of a span in a call."""

    UNSPECIFIED = "unspecified"
    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Status(StrEnum):
    """The result of the work, as its program reports it."""

    UNSET = "unset"
    OK = "ok"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Span:
    """One span."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 hexadecimal digits."""
    parent_id: str
    """ID of the parent span; empty for the root of a trace."""
    name: str
    kind: SpanKind
    service: str
    """The sender's `service.name`: `ponger` for the app, `ponger-proxy` for its sidecar."""
    pod: str
    """The pod that sent it, identified by its token."""
    start: int
    """Nanoseconds since 1970."""
    end: int
    status: Status = Status.UNSET
    message: str = ""
    """The status message."""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    size: int = 0
    """Size of its OTLP message in bytes, as an estimate of the memory it takes."""

    @property
    def refused(self) -> str:
        """The policies' verdict in the words of `meshpolicy`; empty if they allowed the request."""
        return str(self.attributes.get(VERDICT, ""))

    @property
    def answer(self) -> int | None:
        """The HTTP status of the response, as recorded by an app or Envoy; None if there was none."""
        found = self.attributes.get("http.response.status_code", self.attributes.get("http.status_code"))
        return int(found) if found is not None and str(found).isdecimal() and found != "0" else None

    @property
    def seconds(self) -> float:
        """Duration in seconds; never negative, even if clocks were wrong."""
        return max(0, self.end - self.start) / 1e9
