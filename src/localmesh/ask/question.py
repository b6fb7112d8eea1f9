"""Validates questions: a request that no client could send is rejected here, whatever its source."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TypeGuard

from localmesh.errors import BadInput
from localmesh.views import Question

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A method or a header's name (RFC 9110, section 5.6.2)."""
VISIBLE = re.compile(r"[!-~]+")
FRAMING = ("content-length", "transfer-encoding")
PRINTABLE = re.compile(r"[ -~]*")
UNSENT = r"\r\n\0\ud800-\udc7f\udd00-\udfff"
"""Characters that would end the request line, or that stand for no byte; all others are sent unchanged."""
REQUEST_TARGET = re.compile(f"[^{UNSENT}]*")
TARGET = re.compile(f"[!-.0-9:-~]+(?:/{REQUEST_TARGET.pattern})?")


OPTIONAL = {"method", "headers", "request_target"}


def checked(question: Question) -> Question:
    """Return the question with its method as sent; raises BadInput with everything that is wrong."""
    if reasons := tuple(_reasons(question)):
        raise BadInput(*reasons)
    return replace(question, method=question.method.upper())


def _reasons(question: Question) -> Iterator[str]:
    if not VISIBLE.fullmatch(question.source):
        yield f"{question.source!r}: a pod, a ServiceAccount or `unmeshed` is expected, in ASCII without spaces"
    if not TARGET.fullmatch(question.target):
        yield f"{question.target!r}: NAME[:PORT][/PATH] is expected, the name in ASCII, the path without a line's end"
    if not REQUEST_TARGET.fullmatch(question.request_target or ""):
        yield f"request target {question.request_target!r}: it cannot hold a line's end or a NUL"
    if not TOKEN.fullmatch(question.method):
        yield f"method {question.method!r}: a word such as GET is expected"
    for name, value in question.headers:
        if not TOKEN.fullmatch(name) or not PRINTABLE.fullmatch(value):
            yield f"header {f'{name}: {value}'!r}: `NAME: VALUE` is expected, in printable ASCII"
        if name.lower() in FRAMING:
            yield f"header {f'{name}: {value}'!r}: a request is sent without a body"


def header(text: str) -> tuple[str, str]:
    """Return the name and the value of a header as a person writes it."""
    name, separator, value = (part.strip() for part in text.partition(":"))
    if not separator:
        raise BadInput(f"header {text!r}: `NAME: VALUE` is expected, in printable ASCII")
    return name, value


def from_body(body: bytes) -> Question:
    """Return the question that a JSON object holds: source and target, and what is optional (`OPTIONAL`)."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    match data:
        case {"source": str(source), "target": str(target), **rest} if rest.keys() <= OPTIONAL:
            method, headers, written = rest.get("method", "GET"), rest.get("headers", []), rest.get("request_target")
            if isinstance(method, str) and isinstance(written, str | None) and _are_pairs(headers):
                return checked(
                    Question(source, target, method, tuple((name, value) for name, value in headers), written)
                )
    raise BadInput(
        'a question is a JSON object: {"source": …, "target": …, "method": …, "headers": [[NAME, VALUE]],'
        ' "request_target": …}'
    )


def _are_pairs(found: object) -> TypeGuard[list[list[str]]]:
    return isinstance(found, list) and all(
        isinstance(pair, list) and [*map(type, pair)] == [str, str] for pair in found
    )
