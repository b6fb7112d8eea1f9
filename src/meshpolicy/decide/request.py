"""One request, what a proxy takes for one, and in which form it judges it. Pure."""

from collections.abc import Mapping
from dataclasses import field

from meshpolicy.core.client import Traffic
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.ref import Reason
from meshpolicy.core.uri import Uri, host_of, is_authority, parse_path, parse_uri
from meshpolicy.record import record, replace

CLIENT_ID = "l5d-client-id"
CONNECT = "CONNECT"
CONNECTION_HEADERS = {"connection", "upgrade", "proxy-connection", "keep-alive"}


@record
class Request:
    """One request as it reaches the server's proxy; header names in lower case."""

    method: str = "GET"
    path: str = "/"
    """As sent, with its query; perhaps a whole URI."""
    headers: Mapping[str, str] = field(default_factory=dict)
    authority: str = ""

    @property
    def host(self) -> str:
        """Return the host without user and port (R92); empty if none can be read: the proxy takes the address then."""
        authority = self.uri.authority
        return host_of(authority) if is_authority(authority) else ""

    @property
    def target(self) -> str:
        """Return the path without query and fragment, which is what routes are compared with (R90)."""
        return self.uri.path

    @property
    def query(self) -> str | None:
        """Return what follows the first `?`, without a fragment; None where there is no `?`."""
        return self.uri.query

    @property
    def uri(self) -> Uri:
        """Return what is asked for; a path that is a whole URI brings its own authority."""
        whole = parse_uri(self.path) if "://" in self.path and not self.path.startswith("/") else None
        if whole is not None:
            return whole
        found = parse_path(self.path)
        if found is None:
            path, mark, query = self.path.partition("?")
            found = path, query if mark else None
        return Uri("http", self.authority, *found)


def unreadable(request: Request, traffic: Traffic) -> Reason | None:
    """Return why a proxy takes a request for none, before it looks at any policy; None: it is one (R136)."""
    if traffic is not Traffic.HTTP and request.authority and not is_authority(request.authority):
        return Reason(f"{request.authority} is no authority", "R136")
    if traffic is not Traffic.HTTP and (names := sorted(CONNECTION_HEADERS.intersection(request.headers))):
        return Reason(f"HTTP/2 has no header {names[0]}", "R136")
    if not request.path.startswith("/"):
        return None
    if parse_path(request.path) is None:
        return Reason(f"no URI holds the path {request.path}: escape its characters, `<` as %3C", "R136")
    if request.method == CONNECT:
        return Reason(f"a CONNECT names a host and a port, and no path such as {request.path}", "R136")
    return None


def without_connection_headers(request: Request) -> Request:
    """Return a request without the headers that a proxy takes out before it looks for a route (R137)."""
    if request.headers.get("upgrade", "h2c").partition(NEXT_LINE)[0] != "h2c":
        return request
    listed = request.headers.get("connection", "").partition(NEXT_LINE)[0]
    named = {name.strip().lower() for name in listed.split(",")}
    kept = {name: value for name, value in request.headers.items() if name not in named | CONNECTION_HEADERS}
    return replace(request, headers=kept)


def with_identity(request: Request, identity: str) -> Request:
    """Return the request with the verified identity in its header; one that the client wrote is lost (R86)."""
    headers = {name: value for name, value in request.headers.items() if name != CLIENT_ID}
    if identity:
        headers[CLIENT_ID] = identity
    return Request(request.method, request.path, headers, request.authority)
