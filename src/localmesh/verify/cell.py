"""One cell of the table: a client's request to a port, and its expected result. Values: no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from localmesh.observe.entry import Entry
from localmesh.verify.clients import VerifyClient
from localmesh.verify.servers import VerifyServer
from meshpolicy.decide.request import Request
from meshverify.cause import Cause
from meshverify.expectation import Expectation, expect


@dataclass(frozen=True, slots=True)
class Cell:
    """A request and its expected result."""

    client: VerifyClient
    server: VerifyServer
    request: Request
    expected: Expectation
    trace: str
    """Its trace ID, by which the sidecar's log names it."""

    @property
    def words(self) -> str:
        """The request in words."""
        request = self.request
        host = "" if request.authority == self.server.authority else f" host {request.authority}"
        headers = "".join(f" {name}: {value}" for name, value in request.headers.items())
        return f"{request.method} {request.path}{host}{headers}"

    @property
    def name(self) -> str:
        """The call in words."""
        return f"{self.client.name} -> {self.server.name} {self.words}"


@dataclass(frozen=True, slots=True)
class Seen:
    """The observed result of a request."""

    cause: Cause
    text: str
    """The status, or how the connection ended."""
    status: int = 0
    logged: Entry | None = None
    """The line of the server's sidecar about it; None if there is none."""


def cell(client: VerifyClient, server: VerifyServer, request: Request, trace: str) -> Cell:
    """Return a cell with what the manifests say of it; a certificate that must not be accepted decides alone."""
    if client.fault:
        reason = f"the certificate is from or for somebody else: {client.fault}"
        return Cell(client, server, request, Expectation(Cause.CERTIFICATE, reasons=(f"{reason} [R69]",)), trace)
    headers = {**request.headers, **dict(client.headers)}
    asked = Request(request.method, request.path, headers, request.authority)
    return Cell(client, server, request, expect(server.policy, client.seen, asked, server.traffic), trace)


DECIDED = (Cause.ALLOWED, Cause.MESH, Cause.ROUTE)
"""Causes of which the sidecar's log says what decided."""
BY_STATUS: Mapping[int, Cause] = {
    403: Cause.MESH,
    404: Cause.ROUTE,
    429: Cause.LIMITED,
    400: Cause.MALFORMED,
    426: Cause.MALFORMED,
    431: Cause.MALFORMED,
    500: Cause.MALFORMED,
}
"""What a server's proxy means by an answer of its own."""


def cause_of(status: int, *, by_proxy: bool) -> Cause:
    """Return the cause of a response with this status."""
    if not by_proxy:
        return Cause.ALLOWED
    if 300 <= status < 400:
        return Cause.REDIRECTED
    return BY_STATUS.get(status, Cause.BROKEN)


@dataclass(slots=True)
class Traces:
    """Makes the trace IDs of one run."""

    prefix: str
    """16 hexadecimal digits that no other run has."""
    count: int = field(default=0)

    def next(self) -> str:
        """Return another trace ID."""
        self.count += 1
        return f"{self.prefix}{self.count:016x}"


def traceparent(trace: str) -> str:
    """Return the header that carries a trace ID and asks nobody to record it."""
    return f"00-{trace}-{trace[16:]}-00"
