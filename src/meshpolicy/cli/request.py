"""What a call sends, as options say it, and the curl that sends the same."""

import re
import shlex
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import click

from meshpolicy.core.client import Traffic
from meshpolicy.core.match import NEXT_LINE, Headers
from meshpolicy.decide.routing import Request
from meshpolicy.decide.transport import Call, ServiceTarget

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
            sent, own = path or asked or "/", host or _name(service_target)
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


def _name(service_target: ServiceTarget | None) -> str:
    """Return the name by which a Service is called."""
    if service_target is None:
        return ""
    ref = service_target.service.ref
    return f"{ref.name}.{ref.namespace}.svc.cluster.local"


def curl(call: Call) -> str:
    """Return the command that makes the call."""
    words = ["curl", "-i"]
    words += ["-X", call.request.method] if call.request.method != "GET" else []
    for name, value in call.request.headers.items():
        if (name, value) != ("host", _name(call.service_target)):  # curl writes that one by itself
            words += [part for line in value.split(NEXT_LINE) for part in ("-H", f"{name}: {line}")]
    words.append(f"http://{_authority(call)}{call.request.path}")
    shown = shlex.join(words)
    if call.client is None or call.client.ref.kind == "ServiceAccount":
        return shown
    kind = "" if call.client.ref.kind == "Pod" else f"{call.client.ref.kind.lower()}/"
    return f"kubectl exec -n {call.client.ref.namespace} {kind}{call.client.ref.name} -- {shown}"


def _authority(call: Call) -> str:
    if call.service_target is not None:
        number = call.service_target.port.number
        return _name(call.service_target) + ("" if number == 80 else f":{number}")
    address = next(iter(call.server.addresses), None)
    shown = "POD-ADDRESS" if address is None else f"[{address}]" if address.version == 6 else str(address)
    return f"{shown}:{call.port}"
