"""What a line of the log looks like."""

import io
import json
import logging

import pytest
from opentelemetry.sdk.trace import TracerProvider

from pingpong.logs import JsonLines, ReadableLines, formatter
from pingpong.settings import LogFormat


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def record(event: str = "ping", level: int = logging.INFO, **fields: object) -> logging.LogRecord:
    """Return a record made at the beginning of time."""
    made = logging.LogRecord("pingpong", level, "", 0, event, (), None)
    made.created = 0.25
    made.__dict__["fields"] = fields
    return made


def test_a_line_is_one_json_object() -> None:
    line = JsonLines().format(record(outcome="ok", detail='a "quote"\nand a line'))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "info",
        "event": "ping",
        "outcome": "ok",
        "detail": 'a "quote"\nand a line',
    }


def test_a_line_says_where_in_a_trace_it_is() -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("ping") as span:
        said = json.loads(JsonLines().format(record()))
    context = span.get_span_context()
    assert (int(said["trace_id"], 16), int(said["span_id"], 16)) == (context.trace_id, context.span_id)


def test_a_readable_line() -> None:
    line = ReadableLines(colour=False).format(record(outcome="ok", status=None, span_id="0", seconds=0.001))
    assert line == "00:00:00.250 info    ping         outcome=ok seconds=0.001"


def test_a_callers_text_cannot_move_the_cursor() -> None:
    line = ReadableLines(colour=False).format(record(path="/\x1b[2J\n"))
    assert line == "00:00:00.250 info    ping         path='/\\x1b[2J\\n'"


def test_what_went_wrong_is_below_the_line() -> None:
    made = record(level=logging.ERROR)
    made.exc_info = (RuntimeError, RuntimeError("broken"), None)
    head, *rest = ReadableLines(colour=False).format(made).splitlines()
    assert head == "00:00:00.250 error   ping"
    assert rest[-1] == "RuntimeError: broken"


@pytest.mark.parametrize(
    ("wanted", "stream", "no_color", "colour"),
    [
        (LogFormat.AUTO, io.StringIO(), "", None),
        (LogFormat.JSON, Terminal(), "", None),
        (LogFormat.AUTO, Terminal(), "", True),
        (LogFormat.AUTO, Terminal(), "1", False),
        (LogFormat.TEXT, io.StringIO(), "", False),
    ],
)
def test_the_format_suits_the_reader(
    wanted: LogFormat, stream: io.StringIO, no_color: str, colour: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    line = formatter(wanted, stream).format(record())
    if colour is None:
        assert json.loads(line)["event"] == "ping"
    else:
        assert ("\x1b[32m" in line) == colour
        assert line.startswith("00:00:00.250 ")
