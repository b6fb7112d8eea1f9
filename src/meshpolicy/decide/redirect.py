"""Where a RequestRedirect leads; one that leads to where the request came from is ignored. Pure.

Source: linkerd2-proxy `linkerd/http/route/src/http/filter/redirect.rs`.
"""

from meshpolicy.core.policy import Redirect
from meshpolicy.core.uri import Uri, host_of, parse_path, port_of
from meshpolicy.decide.request import Request
from meshpolicy.decide.routing import Routed
from meshpolicy.record import replace

PORTS = {"http": 80, "https": 443}


def location(redirect: Redirect, request: Request, routed: Routed) -> Uri | None:
    """Return the URI to which a request is sent; None where the proxy can make none, and answers with an error.

    What the redirect leaves out stays as it was, with one exception: a whole path that is replaced loses its query.
    """
    asked = request.uri
    scheme = redirect.scheme or asked.scheme
    found = _path(redirect, asked, routed)
    return None if found is None else Uri(scheme, _authority(redirect, asked.authority, scheme), *found)


def leads_elsewhere(target: Uri, request: Request) -> bool:
    """Whether a URI is another one than that of the request; names of hosts are compared without regard to case."""
    own = request.uri
    return replace(target, authority=target.authority.lower()) != replace(own, authority=own.authority.lower())


def _authority(redirect: Redirect, authority: str, scheme: str) -> str:
    """Return host and port; only a port that the redirect or the request brings alone is left out as the usual one."""
    usual = PORTS.get(scheme)
    if redirect.hostname:
        if redirect.port is not None:
            return f"{redirect.hostname}:{redirect.port}"
        port = port_of(authority)
        return redirect.hostname if port in (None, usual) else f"{redirect.hostname}:{port}"
    if redirect.port is None:
        return authority
    if redirect.port != usual:
        return f"{host_of(authority)}:{redirect.port}" if redirect.port != port_of(authority) else authority
    return authority if port_of(authority) is None else host_of(authority)


def _path(redirect: Redirect, asked: Uri, routed: Routed) -> tuple[str, str | None] | None:
    if redirect.path is not None:
        return parse_path(redirect.path)
    if redirect.prefix is None:
        return asked.path, asked.query
    if routed.prefix is None:
        return None
    rest = asked.path.encode()[routed.prefix :].decode()
    slash = "/" if rest and not rest.startswith("/") else ""
    query = "" if asked.query is None else f"?{asked.query}"
    return parse_path(f"{redirect.prefix}{slash}{rest}{query}")
