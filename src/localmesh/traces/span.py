"""A span: one piece of work of an app or a sidecar. A value: no I/O.

Names and meanings are OpenTelemetry's (opentelemetry/proto/trace/v1/trace.proto).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Value = str | bool | int | float
"""What an attribute holds; lists and maps are kept as text."""


POLICY = "policy."
"""How the names of the attributes begin that the mesh alone writes."""
VERDICT = "policy.verdict"
"""The attribute of a refused request's span that says what the policies did; a sidecar's server span has it."""
RULE = "policy.rule"
"""The object that decided."""
PLACE = "policy.place"
"""Where that is written: `file:line`."""
REASONS = "policy.reasons"
"""All that led to it, a line each."""


class SpanKind(StrEnum):
    """What part in a call a span tells of."""

    UNSPECIFIED = "unspecified"
    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Status(StrEnum):
    """How the work ended, as the one who did it says."""

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
    """The span that this one is a part of; empty for the root of a trace."""
    name: str
    kind: SpanKind
    service: str
    """`service.name` of whoever made it: `ponger` for the app, `ponger-proxy` for its sidecar."""
    pod: str
    """The pod that sent it, known by the token that it showed."""
    start: int
    """Nanoseconds since 1970."""
    end: int
    status: Status = Status.UNSET
    message: str = ""
    """What the status says in words."""
    attributes: Mapping[str, Value] = field(default_factory=dict)
    size: int = 0
    """Bytes of the message that it came in, as a measure of what it takes to keep."""

    @property
    def refused(self) -> str:
        """What the policies did to the request, in the words of `meshpolicy`; empty where it was let through."""
        return str(self.attributes.get(VERDICT, ""))

    @property
    def answer(self) -> int | None:
        """The status of the HTTP answer, as an app or an Envoy notes it; None where there was none."""
        found = self.attributes.get("http.response.status_code", self.attributes.get("http.status_code"))
        return int(found) if found is not None and str(found).isdecimal() and found != "0" else None

    @property
    def seconds(self) -> float:
        """How long it took; never negative, whatever the clocks said."""
        return max(0, self.end - self.start) / 1e9
