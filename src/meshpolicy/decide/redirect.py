"""Where a RequestRedirect leads; one that leads to where the request came from is passed over. Pure."""

from meshpolicy.core.match import HttpMatch
from meshpolicy.core.policy import Redirect
from meshpolicy.decide.routing import Request

PORTS = {"http": 80, "https": 443}


def location(redirect: Redirect, request: Request, match: HttpMatch | None) -> str:
    """Return the URI to which a request is sent; what a redirect leaves out stays."""
    scheme = redirect.scheme or "http"
    host, _, port = request.authority.partition(":")
    number = redirect.port or (int(port) if port.isdecimal() else None)
    if redirect.hostname is not None:
        host = redirect.hostname
    shown = "" if number is None or number == PORTS.get(scheme) else f":{number}"
    return f"{scheme}://{host}{shown}{_path(redirect, request, match)}"


def _path(redirect: Redirect, request: Request, match: HttpMatch | None) -> str:
    path, mark, query = request.path.partition("?")
    if redirect.path is not None:
        path = redirect.path
    elif redirect.prefix is not None and match is not None and match.path is not None:
        rest = path[len(match.path.value.rstrip("/")) :]
        path = redirect.prefix.rstrip("/") + rest or "/"
    return f"{path}{mark}{query}"


def leads_elsewhere(redirect: Redirect, request: Request, match: HttpMatch | None) -> bool:
    """Whether the client is sent anywhere but to the same address."""
    host, colon, port = request.authority.partition(":")
    return location(redirect, request, match) != f"http://{host}{colon}{port}{request.path}"
