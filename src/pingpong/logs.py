"""Writes the log: one JSON object a line, or a readable line on a terminal."""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from opentelemetry.trace import get_current_span

from pingpong.settings import LogFormat, Settings

COLOURS = {"DEBUG": 2, "INFO": 32, "WARNING": 33, "ERROR": 31, "CRITICAL": 31}


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a record: its own, its trace and span, and the error."""
    found: dict[str, Any] = dict(getattr(record, "fields", {}))
    context = get_current_span().get_span_context()
    if context.is_valid:
        found.setdefault("trace_id", f"{context.trace_id:032x}")
        found.setdefault("span_id", f"{context.span_id:016x}")
    if record.exc_info:
        found["error"] = logging.Formatter().formatException(record.exc_info)
    return found


def instant(record: logging.LogRecord) -> str:
    """Return the time of a record, to the millisecond."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        head = {"time": instant(record), "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(head | fields(record), ensure_ascii=False, default=str)


class ReadableLines(logging.Formatter):
    """Writes a record as one readable line."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and below it what went wrong."""
        said = fields(record)
        error = said.pop("error", "")
        level = f"{record.levelname.lower():<7}"
        if self._colour:
            level = f"\x1b[{COLOURS[record.levelname]}m{level}\x1b[0m"
        words = [f"{name}={_shown(value)}" for name, value in said.items() if name != "span_id" and value is not None]
        line = f"{instant(record)[11:-1]} {level} {record.getMessage():<12} {' '.join(words)}".rstrip()
        return f"{line}\n{error}" if error else line


def _shown(value: object) -> str:
    """Return a value as text without terminal escapes: a caller may have chosen it."""
    text = str(value)
    return text if text.isprintable() else repr(text)


def formatter(wanted: LogFormat, stream: TextIO) -> logging.Formatter:
    """Return the formatter for a stream."""
    terminal = stream.isatty()
    if wanted is LogFormat.JSON or (wanted is LogFormat.AUTO and not terminal):
        return JsonLines()
    return ReadableLines(colour=terminal and not os.environ.get("NO_COLOR"))


def configure(settings: Settings, stream: TextIO | None = None) -> None:
    """Send this program's log to one stream, and only warnings and errors of its libraries."""
    out = stream or sys.stdout
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter(settings.log_format, out))
    # A reader that went away must not fill standard error with tracebacks.
    logging.raiseExceptions = False
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("pingpong").setLevel(settings.log_level.upper())
