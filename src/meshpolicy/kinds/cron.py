"""Schedules of CronJobs, as the API server reads them: five fields, or a word such as `@daily`. Pure.

Source: `ParseStandard` of robfig/cron v3.0.1 (`parser.go`, `spec.go`), which `pkg/apis/batch/validation` calls.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from meshpolicy.record import record

WORDS = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
EVERY = "@every "
DURATION = re.compile(r"[-+]?(0|(([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)")
"""What Go's `time.ParseDuration` reads."""
NUMBER = re.compile(r"[-+]?[0-9]{1,18}")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class InvalidSchedule(ValueError):
    """A schedule cannot be read; the message says what of it."""


@record
class Part:
    """One of the five fields, and what may stand in it."""

    name: str
    least: int
    most: int
    words: Mapping[str, int] = field(default_factory=dict)


def _numbered(words: Sequence[str], first: int) -> Mapping[str, int]:
    return {word: number for number, word in enumerate(words, first)}


PARTS = (
    Part("minute", 0, 59),
    Part("hour", 0, 23),
    Part("day of the month", 1, 31),
    Part("month", 1, 12, _numbered(MONTHS, 1)),
    Part("day of the week", 0, 6, _numbered(DAYS, 0)),
)


def check_schedule(text: str) -> None:
    """Raise InvalidSchedule for a text that is no schedule."""
    if "TZ" in text:
        raise InvalidSchedule("names a time zone, for which `timeZone` is the field")
    if text.startswith("@"):
        if text in WORDS or (text.startswith(EVERY) and DURATION.fullmatch(text.removeprefix(EVERY))):
            return
        raise InvalidSchedule(f"is none of {', '.join(sorted(WORDS))}, and no `@every` with a duration such as 1h30m")
    fields = text.split()
    if len(fields) != len(PARTS):
        raise InvalidSchedule(f"has {len(fields)} fields, where five are expected")
    for part, said in zip(PARTS, fields, strict=True):
        for piece in filter(None, said.split(",")):
            _check_piece(part, piece)


def _check_piece(part: Part, text: str) -> None:
    """Check one range, such as `*`, `5`, `mon-fri`, `*/15` or `10-40/10`."""
    span, *steps = text.split("/")
    low, *rest = span.split("-")
    start, end = part.least, part.most
    if low not in ("*", "?"):
        if len(rest) > 1:
            raise InvalidSchedule(f"has the {part.name} `{text}`, with too many hyphens")
        start = _number(part, low, text)
        end = _number(part, rest[0], text) if rest else part.most if steps else start
    if len(steps) > 1 or (steps and _number(Part("step", 1, 0), steps[0], text) < 1):
        raise InvalidSchedule(f"has the {part.name} `{text}`, whose step is no number above 0")
    if not part.least <= start <= end <= part.most:
        raise InvalidSchedule(f"has the {part.name} `{text}`, which is not from {part.least} to {part.most}")


def _number(part: Part, said: str, text: str) -> int:
    if (named := part.words.get(said.lower())) is not None:
        return named
    if not NUMBER.fullmatch(said):
        raise InvalidSchedule(f"has `{text}`, in which `{said}` is no {part.name}")
    return int(said)
