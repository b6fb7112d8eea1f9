"""Regular expressions as Linkerd's proxy reads them (Rust's `regex`), by means of Python's. Pure."""

import re
from functools import lru_cache

UNKNOWN_TO_RUST = re.compile(r"\(\?(?:[=!>(#]|<[=!]|P=)|(?<!\\)(?:\\\\)*\\[1-9Z]")
"""Look-around, atomic groups, conditions, comments, references back."""
CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
NAMED_CLASS = re.compile(r"\[:(\w+):\]")
FLAGS = re.compile(r"\(\?([imsx]+)\)")


class InvalidPattern(ValueError):
    """The proxy would not take the pattern; the message says why."""


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern for Python, or raise InvalidPattern."""
    if UNKNOWN_TO_RUST.search(pattern):
        raise InvalidPattern("it looks around or refers back, which Linkerd cannot")
    text = NAMED_CLASS.sub(lambda found: CLASSES.get(found[1], found[0]), pattern)
    text = text.replace(r"\z", r"\Z")
    try:
        return re.compile(_flags_in_place(text))
    except (re.error, OverflowError, RecursionError) as error:
        raise InvalidPattern(str(error)) from error


def _flags_in_place(text: str) -> str:
    """Turn `a(?i)b` into `a(?i:b)`: flags act from where they stand, which Python wants in a group."""
    found = FLAGS.search(text, 1)
    if found is None or text.count("(") != text.count(")") or _depth(text[: found.start()]):
        return text
    return f"{text[: found.start()]}(?{found[1]}:{_flags_in_place(text[found.end() :])})"


def _depth(text: str) -> int:
    plain = re.sub(r"\\.", "", text)
    return plain.count("(") - plain.count(")")


def spans(pattern: str, value: str) -> bool:
    """Whether the leftmost match of `pattern` covers all of `value`, as in the proxy (`a|ab` misses `ab`) (R90)."""
    found = compiled(pattern).search(value)
    return found is not None and found.span() == (0, len(value))
