"""The request of a question: method, path, headers, Host, protocol. Pure."""

import re
from collections.abc import Iterable
from dataclasses import field

from meshpolicy.core.client import Traffic
from meshpolicy.core.errors import InvalidQuestion
from meshpolicy.core.match import NEXT_LINE, Headers
from meshpolicy.decide.request import Request
from meshpolicy.record import record

NAME = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
METHOD = re.compile(NAME)
HEADER = re.compile(rf"(?P<name>{NAME})\s*[:=](?P<value>[\t -~]*)")
PATH = re.compile(r"/[!-~]*")


@record
class Sent:
    """A request, independent of the port and Service that it is sent to."""

    traffic: Traffic = Traffic.HTTP
    method: str = "GET"
    path: str = ""
    """The path with its query; empty for the path of the question's target, or `/`."""
    headers: Headers = field(default_factory=dict)
    host: str = ""
    """The Host; empty for the Service's name."""

    def request(self, path: str, own: str) -> Request:
        """Return the request; `path` is the target's path, and `own` the Host that a client sends by default."""
        sent = self.path or path or "/"
        host = self.host or own
        if not PATH.fullmatch(sent):
            raise InvalidQuestion(f"path {sent}: a path begins with / and holds printable ASCII, no spaces")
        word = "POST" if self.traffic is Traffic.GRPC else self.method.upper()
        named = {"host": host} if self.traffic is Traffic.HTTP else {}  # HTTP/2 sends it outside the headers
        return Request(word, sent, named | dict(self.headers), self.headers.get("host", host))


def read_sent(
    method: str = "GET", path: str = "", headers: Iterable[str] = (), host: str = "", protocol: str = "http"
) -> Sent:
    """Read a request; a header is written as `NAME: VALUE` or `NAME=VALUE`. Raises InvalidQuestion."""
    if not METHOD.fullmatch(method):
        raise InvalidQuestion(f"method {method}: a method such as GET is expected")
    if protocol not in list(Traffic):
        raise InvalidQuestion(f"protocol {protocol}: one of {', '.join(Traffic)} is expected")
    return Sent(Traffic(protocol), method, path, _headers(headers), host)


def _headers(texts: Iterable[str]) -> Headers:
    """Return the headers by their names in lower case; whichever of `:` and `=` comes first ends the name."""
    headers: dict[str, str] = {}
    for text in texts:
        found = HEADER.fullmatch(text)
        if found is None:
            raise InvalidQuestion(f"header {text!r}: write 'NAME: VALUE' or NAME=VALUE, in printable ASCII")
        name, value = found["name"].lower(), found["value"].strip()
        headers[name] = f"{headers[name]}{NEXT_LINE}{value}" if name in headers else value
    return headers
