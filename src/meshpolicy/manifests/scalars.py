"""What Kubernetes' reader of YAML makes of one scalar, after its way through JSON. Pure.

Sources: `go.yaml.in/yaml/v2`, `resolve.go`; `sigs.k8s.io/yaml`, `yaml.go`; Go's `strconv` and `encoding/json`.
"""

import re
import struct
from base64 import b64decode
from codecs import register_error
from datetime import date
from math import isfinite

Scalar = str | int | float | bool | None
PREFIX = "tag:yaml.org,2002:"
WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
TYPES = {bool: "bool", int: "int", float: "float", type(None): "null", date: "timestamp"}
LETTERS = frozenset("yYnN")
"""Words that only this reader takes for true and false."""
FIRST = frozenset("0123456789+-.~yYnNtTfFoO")
"""How a scalar begins that may be anything but a text."""
INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
BASES = (16, 2, 8, 10)
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d)|"
    r" \d{1,2}:\d{1,2}:\d{1,2}(?:[.,]\d+)?)?"
)
LONGEST = 100
"""Digits of a whole number; those of 64 bits have fewer."""
MOST, LEAST = 2**63 - 1, -(2**63)

EACH_BYTE = "meshpolicy.each-byte"
"""Go puts the replacement character in place of each byte that is no UTF-8, Python in place of several."""


class Unreadable(ValueError):
    """Kubernetes' reader refuses the scalar; the text says as what it cannot be read."""


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd", error.start + 1


register_error(EACH_BYTE, _replaced)


def plain(text: str, *, words: bool = False) -> Scalar:
    """Return what a scalar without quotes and tag is; with `words`, a lone `y` or `n` is a text."""
    if text and text[0] not in FIRST:
        return text
    if text in WORDS and not (words and text in LETTERS):
        return WORDS[text]
    if text[0] == ".":
        return _float(text, text)
    if text[0] in "0123456789+-" and not is_time(text):
        return _number(text)
    return text


def tagged(text: str, tag: str) -> Scalar:
    """Return what a scalar with a tag is; a tag that nobody knows leaves it a text. Raises Unreadable."""
    kind = tag.removeprefix(PREFIX)
    if kind == "binary":
        try:
            return b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode(errors=EACH_BYTE)
        except ValueError:
            raise Unreadable(kind) from None
    if tag == kind or kind not in TYPES.values():
        return text
    if kind == "timestamp" and is_time(text):
        return text
    value = plain(text)
    found = TYPES.get(type(value), "")
    if kind == "float" and found == "int" and isinstance(value, int) and value <= MOST:
        return float(value)
    if found != kind:
        raise Unreadable(kind)
    return value


def is_time(text: str) -> bool:
    """Whether a scalar is a date or a time, which stay texts."""
    found = TIME.fullmatch(text)
    if found is None:
        return False
    try:
        date(int(found[1]) or 4, int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


def _number(text: str) -> Scalar:
    written = text.replace("_", "")
    found = INTEGER.fullmatch(written)
    if found is not None:
        sign, digits = found[1], found.groups()[1:]
        part, base = next(pair for pair in zip(digits, BASES, strict=True) if pair[0] is not None)
        value = int(part, base) if len(part) <= LONGEST else 2**64
        if (sign == "-" and -value >= LEAST) or value <= MOST:
            return -value if sign == "-" else value
        if not sign and value < 2**64:
            return value
    return _float(written, text) if FLOAT.fullmatch(written) else text


def _float(written: str, text: str) -> Scalar:
    """Return a number with a fraction, or the text as it is where Go cannot hold it."""
    if not FLOAT.fullmatch(written):
        return text
    value = float(written)
    return value if isfinite(value) else text


def as_json(value: Scalar) -> Scalar:
    """Return a value as it comes out of JSON again: a whole number has no fraction, a large one is not whole.

    Raises Unreadable for what is no number.
    """
    if isinstance(value, float):
        from decimal import Decimal  # here, as hardly a manifest has fractions

        if not isfinite(value):
            raise Unreadable("a number")
        whole = int(Decimal(repr(value))) if value.is_integer() else MOST + 1
        return whole if LEAST <= whole <= MOST else value
    if isinstance(value, int) and not isinstance(value, bool) and not LEAST <= value <= MOST:
        return float(value)
    return value


def key(value: Scalar) -> str:
    """Return what a key is that is no text: JSON has only texts. Raises Unreadable."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or (isinstance(value, int) and value > MOST):
        raise Unreadable("a key")
    return str(value) if isinstance(value, int) else _shortest(value)


def _shortest(value: float) -> str:
    """Return a number in the fewest digits that a 32-bit number needs, as Go's `%g` writes it."""
    small = struct.unpack("f", struct.pack("f", value))[0] if isfinite(value) else value
    if not isfinite(small):
        return ".nan" if value != value else "-.inf" if value < 0 else ".inf"
    digits = next(n for n in range(1, 10) if struct.pack("f", float(f"{small:.{n}g}")) == struct.pack("f", small))
    mantissa, _, power = f"{small:.{digits - 1}e}".partition("e")
    if -4 <= int(power) < 6:
        return f"{float(f'{small:.{digits}g}'):.{max(digits - 1 - int(power), 0)}f}"
    return f"{mantissa}e{int(power):+03d}"
