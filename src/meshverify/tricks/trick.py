"""A trick: bytes to send, and the requests that a proxy must read in them. Values, for any path and any host. Pure."""

from dataclasses import dataclass, replace

from meshpolicy.decide.request import Request

CRLF = "\r\n"


@dataclass(frozen=True, slots=True)
class Base:
    """What is known before a trick: a call that is allowed, and a path that is refused to the same client."""

    path: str
    """A GET of it is allowed, as it is written."""
    other: str
    """A GET of it is refused."""
    authority: str
    """The host by which the client calls the server."""
    headers: tuple[str, ...] = ()
    """Lines that stand in every request."""

    @property
    def allowed(self) -> Request:
        """Return the call that is allowed."""
        return Request("GET", self.path, {}, self.authority)

    @property
    def refused(self) -> Request:
        """Return a call that is refused."""
        return Request("GET", self.other, {}, self.authority)

    def get(self, *headers: str, path: str = "", version: str = "HTTP/1.1", host: str | None = None) -> str:
        """Return the head of a GET with more headers; `host` replaces the usual one, and may be empty for none."""
        hosts = [f"Host: {self.authority}"] if host is None else [host] if host else []
        return CRLF.join([f"GET {path or self.path} {version}", *hosts, *self.headers, *headers, "", ""])

    def asked(self, **changed: str) -> Request:
        """Return the allowed request with other parts."""
        return replace(self.allowed, **changed)  # type: ignore[arg-type] # all parts that tricks change are texts


@dataclass(frozen=True, slots=True)
class Trick:
    """Bytes for a connection of their own, and what must be read in them."""

    group: str
    name: str
    sent: str
    """As text; each character is the byte of its number."""
    reads: tuple[Request | None, ...]
    """The requests, in order, each to be decided by the policy; None: nothing that is accepted as a request."""
    source: str
    """The section that says so."""
    may_refuse: bool = False
    """Whether a proxy may also refuse it as no request, where the section leaves that open."""
