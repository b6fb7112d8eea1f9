"""Access control of the page: only requests that carry its token, sent by the page itself, get data.

A browser sends requests to any address on behalf of any web page. So each request is checked three times:

- Its Host is a loopback name: any other name that resolves here is a DNS rebinding attack.
- It does not come from another site, according to the browser's Origin and Sec-Fetch-Site headers.
- A request for data carries the token in the Authorization header, which another site cannot make a browser send.
  A cookie would be sent automatically, and to every port of this machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from secrets import compare_digest

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_SITES = ("same-origin", "none")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The status and reason of a refused request."""

    status: HTTPStatus
    reason: str


@dataclass(frozen=True, slots=True)
class Door:
    """Decides on requests by their headers, whose names must be in lower case."""

    port: int
    token: str

    @property
    def address(self) -> str:
        """The URL that opens the page. A browser does not send the part after `#`."""
        return f"http://127.0.0.1:{self.port}/#{self.token}"

    def refusal(self, method: str, headers: Mapping[str, str]) -> Refusal | None:
        """Return why a request is refused whatever its path; None if it is not."""
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
        """Return whether a request carries the token."""
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and compare_digest(shown.strip().encode(), self.token.encode())


NO_TOKEN = Refusal(HTTPStatus.UNAUTHORIZED, "no token of this mesh: open what `just dashboard` prints")
