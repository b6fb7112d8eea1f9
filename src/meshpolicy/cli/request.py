"""What a call sends, as options say it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from meshpolicy.analysis.sent import read_sent
from meshpolicy.core.client import Traffic

Command = Callable[..., Any]


def request_options(command: Command) -> Command:
    """Add what is sent; the verb gets it as `sent`."""

    @wraps(command)
    def wrapped(method: str, path: str, headers: tuple[str, ...], host: str, protocol: str, **rest: Any) -> Any:
        return command(sent=read_sent(method, path, headers, host, protocol), **rest)

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
    click.option("--host", default="", help="The Host header, if it is not the Service's name."),
    click.option(
        "--protocol",
        type=click.Choice([str(t) for t in Traffic]),
        default="http",
        show_default=True,
        help="What the client speaks; tls is a ClientHello of the application's own.",
    ),
)
