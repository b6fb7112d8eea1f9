"""What may be asked: a request that no client could send is refused here, whoever hands it over."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from localmesh.errors import BadInput
from localmesh.views import Question

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A method or a header's name (RFC 9110, section 5.6.2)."""
VISIBLE = re.compile(r"[!-~]+")
FRAMING = ("content-length", "transfer-encoding")
PRINTABLE = re.compile(r"[ -~]*")


def checked(question: Question) -> Question:
    """Return the question, its method as it is sent, or raise BadInput with all that is wrong with it."""
    if reasons := tuple(_reasons(question)):
        raise BadInput(*reasons)
    return replace(question, method=question.method.upper())


def _reasons(question: Question) -> Iterator[str]:
    if not VISIBLE.fullmatch(question.source):
        yield f"{question.source!r}: a pod, a ServiceAccount or `unmeshed` is expected, in ASCII without spaces"
    if not VISIBLE.fullmatch(question.target):
        yield f"{question.target!r}: NAME[:PORT][/PATH] is expected, in ASCII without spaces (write %20 for one)"
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
    """Return the question that a JSON object holds: source, target, and as one likes method and headers."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    match data:
        case {"source": str(source), "target": str(target), **rest} if rest.keys() <= {"method", "headers"}:
            method, headers = rest.get("method", "GET"), rest.get("headers", [])
            if isinstance(method, str) and isinstance(headers, list) and all(map(_is_pair, headers)):
                return checked(Question(source, target, method, tuple((name, value) for name, value in headers)))
    raise BadInput('a question is a JSON object: {"source": …, "target": …, "method": …, "headers": [[NAME, VALUE]]}')


def _is_pair(found: object) -> bool:
    return isinstance(found, list) and len(found) == 2 and all(isinstance(part, str) for part in found)
