"""What a call sends, as options say it."""

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import click

from meshpolicy.core.client import Traffic
from meshpolicy.core.match import NEXT_LINE, Headers
from meshpolicy.decide.routing import Request
from meshpolicy.decide.transport import ServiceTarget

Command = Callable[..., Any]
NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
METHOD = re.compile(NAME)
HEADER = re.compile(rf"(?P<name>{NAME})\s*[:=](?P<value>[\t -~]*)")
PATH = re.compile(r"/[!-~]*")


def request_options(command: Command) -> Command:
    """Add what is sent; the verb gets it as a function from path and Service to the request, and as `traffic`."""

    @wraps(command)
    def wrapped(method: str, path: str, headers: tuple[str, ...], host: str, protocol: str, **rest: Any) -> Any:
        traffic, lines = Traffic(protocol), _headers(headers)
        if not METHOD.fullmatch(method):
            raise click.UsageError(f"--method {method}: a method such as GET is expected")

        def request(asked: str, service_target: ServiceTarget | None) -> Request:
            sent, own = path or asked or "/", host or ("" if service_target is None else service_target.host)
            if not PATH.fullmatch(sent):
                raise click.UsageError(f"--path {sent}: a path begins with / and holds printable ASCII, no spaces")
            word = "POST" if traffic is Traffic.GRPC else method.upper()
            return Request(word, sent, {"host": own, **lines}, lines.get("host", own))

        return command(request=request, traffic=traffic, **rest)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_OPTIONS = (
    click.option("--method", default="GET", show_default=True, help="The request's method."),
    click.option("--path", default="", help="The request's path, with its query; TO may hold it, too."),
    click.option(
        "--header",
        "headers",
        multiple=True,
        metavar="'NAME: VALUE'",
        help="A request header, as curl takes it, or NAME=VALUE; may be repeated.",
    ),
    click.option("--host", default="", help="The Host that is asked for, if it is not the Service's."),
    click.option(
        "--protocol",
        type=click.Choice([str(t) for t in Traffic]),
        default="http",
        show_default=True,
        help="What the client speaks; tls is a ClientHello of the application's own.",
    ),
)


def _headers(texts: Iterable[str]) -> Headers:
    """Return the headers, each a `NAME: VALUE` or a `NAME=VALUE`: whichever sign comes first."""
    headers: dict[str, str] = {}
    for text in texts:
        found = HEADER.fullmatch(text)
        if found is None:
            raise click.UsageError(f"--header {text!r}: write 'NAME: VALUE' or NAME=VALUE, in printable ASCII")
        name, value = found["name"].lower(), found["value"].strip()
        headers[name] = f"{headers[name]}{NEXT_LINE}{value}" if name in headers else value
    return headers
