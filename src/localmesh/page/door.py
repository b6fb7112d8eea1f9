"""Who may see the page: whoever shows its token, from the page itself.

A browser sends what any web page tells it to send, to any address. So three things are asked of each request:

- It is for this machine by name: another name that leads here is an attack by DNS rebinding.
- It does not come from another site, as far as the browser says so.
- What tells anything about the mesh carries the token in a header of its own, which no other site can have a browser
  send. A cookie would be sent along by itself, and to every port of this machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from secrets import compare_digest

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SITES = ("same-origin", "none")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered."""

    status: HTTPStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Door:
    """Decides about requests by their headers; names of headers are in lower case."""

    port: int
    token: str

    @property
    def address(self) -> str:
        """The address that opens the page. What stands after `#` never leaves the browser by itself."""
        return f"http://127.0.0.1:{self.port}/#{self.token}"

    def refusal(self, method: str, headers: Mapping[str, str]) -> Refusal | None:
        """Return why a request is refused, whatever it asks for."""
        if method not in ("GET", "HEAD"):
            return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "nothing can be changed here")
        hosts = {f"{name}:{self.port}" for name in LOOPBACK}
        if headers.get("host", "").lower() not in hosts:
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, f"this is http://127.0.0.1:{self.port}, by no other name")
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
            return Refusal(HTTPStatus.FORBIDDEN, "another site may not ask")
        if headers.get("sec-fetch-site", "none").lower() not in _SITES:
            return Refusal(HTTPStatus.FORBIDDEN, "another site may not ask")
        return None

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Whether a request carries the token."""
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and compare_digest(shown.strip().encode(), self.token.encode())


NO_TOKEN = Refusal(HTTPStatus.UNAUTHORIZED, "no token of this mesh: open what `just dashboard` prints")
