r"""What a backslash begins, in a class and outside of one. Source: regex-syntax 0.8.11 `src/ast/parse.rs`."""

from meshpolicy.core.alphabet import SURROGATES, Intervals, complement
from meshpolicy.core.regex.flags import Flags
from meshpolicy.core.regex.reader import Reader
from meshpolicy.core.regex.tree import Look
from meshpolicy.core.regex.unicode import (
    NAMED_CLASSES,
    WHITE_SPACE,
    category,
    folded,
    property_class,
    property_value_class,
    word,
)
from meshpolicy.record import record

SPECIAL = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
LOOKS = {
    "A": Look.START,
    "z": Look.END,
    "b": Look.WORD_BOUNDARY,
    "B": Look.NOT_WORD_BOUNDARY,
    "<": Look.WORD_START,
    ">": Look.WORD_END,
}
WORD_LOOKS = {
    "start": Look.WORD_START,
    "end": Look.WORD_END,
    "start-half": Look.WORD_START_HALF,
    "end-half": Look.WORD_END_HALF,
}
HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
HEX_LENGTHS = {"x": 2, "u": 4, "U": 8}
NOT_ESCAPED = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz<>")
NOT_UTF8 = "pattern can match invalid UTF-8"
NOT_UNICODE = "Unicode not allowed here, where the flag u is off"


@record
class Literal:
    """One character of a pattern, and where it stands."""

    code: int
    place: int
    byte: bool = False
    r"""Whether it is written `\xHH`, which without the flag u is a byte."""


@record
class Class:
    """A set of characters that a backslash names, after the flags have been applied."""

    codes: Intervals
    place: int


@record
class Condition:
    """An assertion that a backslash names."""

    look: Look
    place: int


@record
class Undecided:
    """A class of Unicode that is not known here."""

    name: str
    place: int


def read_escape(reader: Reader, flags: Flags) -> Literal | Class | Condition | Undecided:
    """Read what the backslash at the reader's place begins. Raises InvalidPattern."""
    begin = reader.place
    if not reader.advance():
        reader.refuse("incomplete escape sequence, reached end of pattern prematurely", begin)
    name = reader.char
    if name in "0123456789":
        reader.refuse("backreferences are not supported", begin)
    if name in HEX_LENGTHS:
        return _hexadecimal(reader, begin)
    if name in "pP":
        return _unicode_class(reader, flags, begin)
    reader.advance()
    if name in "dDsSwW":
        return _perl_class(reader, flags, name, begin)
    if name in SPECIAL:
        return Literal(ord(SPECIAL[name]), begin)
    if name in LOOKS:
        look = _word_look(reader, begin) if name == "b" and reader.char == "{" else None
        return Condition(look or LOOKS[name], begin)
    if not name.isascii() or name in NOT_ESCAPED:
        reader.refuse("unrecognized escape sequence", begin)
    return Literal(ord(name), begin)


def _hexadecimal(reader: Reader, begin: int) -> Literal:
    length = HEX_LENGTHS[reader.char]
    if not reader.advance_and_skip():
        reader.refuse("incomplete escape sequence, reached end of pattern prematurely")
    braces = reader.char == "{"
    digits = _digits_in_braces(reader) if braces else _fixed_digits(reader, length)
    code = int(digits, 16)
    if code > 0x10FFFF or code in SURROGATES:
        reader.refuse("hexadecimal literal is not a Unicode scalar value", begin)
    return Literal(code, begin, byte=length == 2 and not braces)


def _fixed_digits(reader: Reader, length: int) -> str:
    digits = ""
    while True:
        digits += _hex_digit(reader)
        more = reader.advance_and_skip()
        if len(digits) == length:
            return digits
        if not more:
            reader.refuse("incomplete escape sequence, reached end of pattern prematurely")


def _digits_in_braces(reader: Reader) -> str:
    begin = reader.place
    digits = ""
    while reader.advance_and_skip() and reader.char != "}":
        digits += _hex_digit(reader)
    if reader.at_end:
        reader.refuse("incomplete escape sequence, reached end of pattern prematurely", begin)
    reader.advance_and_skip()
    if not digits:
        reader.refuse("hexadecimal literal is empty", begin)
    return digits


def _hex_digit(reader: Reader) -> str:
    if reader.char not in HEX_DIGITS:
        reader.refuse("invalid hexadecimal digit")
    return reader.char


def _perl_class(reader: Reader, flags: Flags, name: str, begin: int) -> Class:
    if flags.unicode:
        codes = {"d": category("nd"), "s": WHITE_SPACE, "w": word()}[name.lower()]
    else:
        codes = NAMED_CLASSES[{"d": "digit", "s": "space", "w": "word"}[name.lower()]]
    if not name.isupper():
        return Class(codes, begin)
    if not flags.unicode:
        reader.refuse(NOT_UTF8, begin)
    return Class(complement(codes), begin)


def _unicode_class(reader: Reader, flags: Flags, begin: int) -> Class | Undecided:
    negated = reader.char == "P"
    if not reader.advance_and_skip():
        reader.refuse("incomplete escape sequence, reached end of pattern prematurely")
    name = _name_of_class(reader)
    if not flags.unicode:
        reader.refuse(NOT_UNICODE, begin)
    key, sign, value = _property(name)
    try:
        codes = property_value_class(key, value) if sign else property_class(name)
    except KeyError:
        reader.refuse(f"Unicode property {'value ' * bool(sign)}not found", begin)
    if codes is None:
        return Undecided(rf"\p{{{name}}}", begin)
    if flags.case_insensitive:
        codes = folded(codes)
    return Class(complement(codes) if negated != (sign == "!=") else codes, begin)


def _name_of_class(reader: Reader) -> str:
    if reader.char == "{":
        return _name_in_braces(reader)
    if reader.char == "\\":
        reader.refuse("invalid Unicode character class")
    name = reader.char
    reader.advance_and_skip()
    return name


def _name_in_braces(reader: Reader) -> str:
    name = ""
    while reader.advance_and_skip() and reader.char != "}":
        name += reader.char
    if reader.at_end:
        reader.refuse("incomplete escape sequence, reached end of pattern prematurely")
    reader.advance()
    return name


def _property(name: str) -> tuple[str, str, str]:
    """Return a property's name, the sign after it, and its value; no sign and no value where there is none."""
    for sign in ("!=", ":", "="):
        if sign in name:
            return name.partition(sign)
    return name, "", ""


def _word_look(reader: Reader, begin: int) -> Look | None:
    r"""Read the `{start}` of `\b{start}`; None where the brace is a repetition's."""
    brace = reader.place
    if not reader.advance_and_skip():
        reader.refuse("found either the beginning of a special word boundary or a bounded repetition", begin)
    name = ""
    while reader.char.isascii() and (reader.char.isalpha() or reader.char == "-"):
        name += reader.char
        reader.advance_and_skip()
    if not name:
        reader.place = brace
        return None
    if reader.char != "}":
        reader.refuse("special word boundary assertion is either unclosed or contains an invalid character", brace)
    reader.advance()
    if name not in WORD_LOOKS:
        reader.refuse("unrecognized special word boundary assertion, valid are start, end, start-half, end-half", brace)
    return WORD_LOOKS[name]
