"""What may be asked, whoever hands it over."""

import json

import pytest

from localmesh.ask.question import checked, from_body, header
from localmesh.errors import BadInput
from localmesh.views import Question

PING = {"source": "pinger", "target": "ponger/ping"}
FORM = "a question is a JSON object"


@pytest.mark.parametrize(
    ("more", "question"),
    [
        ({}, Question("pinger", "ponger/ping")),
        ({"target": "ponger/../a b\udcff"}, Question("pinger", "ponger/../a b\udcff")),
        ({"request_target": ""}, Question("pinger", "ponger/ping", request_target="")),
        ({"method": "post"}, Question("pinger", "ponger/ping", "POST")),
        ({"headers": [["A", "1"], ["A", ""]]}, Question("pinger", "ponger/ping", "GET", (("A", "1"), ("A", "")))),
    ],
)
def test_a_question_is_read_from_json(more: dict[str, object], question: Question) -> None:
    assert from_body(json.dumps({**PING, **more}).encode()) == question


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", FORM),
        (b"\xff", FORM),
        (b"[]", FORM),
        (b"[" * 100_000, FORM),
        (b'{"source": "pinger"}', FORM),
        (b'{"source": 1, "target": "ponger"}', FORM),
        (json.dumps({**PING, "method": None}), FORM),
        (json.dumps({**PING, "headers": {"a": "b"}}), FORM),
        (json.dumps({**PING, "headers": [["a", "b", "c"]]}), FORM),
        (json.dumps({**PING, "headers": [["a", 1]]}), FORM),
        (json.dumps({**PING, "port": 80}), FORM),
        (json.dumps({**PING, "source": "pönger"}), "'pönger': a pod, a ServiceAccount or `unmeshed` is expected"),
        (json.dumps({**PING, "source": ""}), "'': a pod, a ServiceAccount or `unmeshed` is expected"),
        (json.dumps({**PING, "target": "pon ger/a"}), "'pon ger/a': NAME[:PORT][/PATH] is expected"),
        (json.dumps({**PING, "target": "ponger/\n"}), "NAME[:PORT][/PATH] is expected"),
        (json.dumps({**PING, "target": "ponger/\ud800"}), "NAME[:PORT][/PATH] is expected"),
        (json.dumps({**PING, "request_target": "/ HTTP/1.1\r\nx: y"}), "it cannot hold a line's end or a NUL"),
        (json.dumps({**PING, "request_target": 1}), FORM),
        (json.dumps({**PING, "method": "GE T"}), "method 'GE T': a word such as GET is expected"),
        (json.dumps({**PING, "headers": [["x", "a\r\nb: c"]]}), "header 'x: a\\r\\nb: c': `NAME: VALUE` is expected"),
        (
            json.dumps({**PING, "headers": [["Content-Length", "5"]]}),
            "5': a request is sent without a body",
        ),
        (json.dumps({**PING, "headers": [["", "a"]]}), "header ': a': `NAME: VALUE` is expected"),
        (json.dumps({**PING, "headers": [["x", "\ud800"]]}), "`NAME: VALUE` is expected, in printable ASCII"),
    ],
)
def test_what_is_no_question_is_bad_input(body: bytes | str, complaint: str) -> None:
    with pytest.raises(BadInput) as caught:
        from_body(body if isinstance(body, bytes) else body.encode())
    assert complaint in str(caught.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        checked(Question("a b", "", "GE T", (("x", "é"), ("y", "\n"))))
    assert len(caught.value.reasons) == 5


def test_a_header_is_written_with_a_colon() -> None:
    assert header("X-A:  b: c ") == ("X-A", "b: c")
    with pytest.raises(BadInput, match="header 'X-A': `NAME: VALUE` is expected"):
        header("X-A")
