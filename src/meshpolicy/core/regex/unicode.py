"""Classes of characters as Rust's `regex` knows them: Unicode 16.0, whichever version this Python has. Pure.

Sources: regex-syntax 0.8.11 `src/unicode.rs`; UnicodeData.txt and CaseFolding.txt of Unicode 16.0; UTS 18, annex C.
"""

from collections.abc import Iterator
from functools import lru_cache

from meshpolicy.core.alphabet import EVERY_CODE_POINT, Interval, Intervals, complement, contains, intersection, union
from meshpolicy.core.regex.categories import RUNS
from meshpolicy.core.regex.properties import (
    BINARY_PROPERTIES,
    OTHER_ALPHABETIC,
    OTHER_LOWERCASE,
    OTHER_UPPERCASE,
    SCRIPT_NAMES,
    SCRIPT_RUNS,
)

ASCII: Intervals = ((0, 0x7F),)
NAMED_CLASSES: dict[str, Intervals] = {
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "ascii": ASCII,
    "blank": ((0x09, 0x09), (0x20, 0x20)),
    "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
    "digit": ((0x30, 0x39),),
    "graph": ((0x21, 0x7E),),
    "lower": ((0x61, 0x7A),),
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": ((0x09, 0x0D), (0x20, 0x20)),
    "upper": ((0x41, 0x5A),),
    "word": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}
"""The POSIX classes, by the name in `[[:name:]]`."""
WHITE_SPACE: Intervals = union(
    (code, code)
    for code in (
        *range(9, 14),
        0x20,
        0x85,
        0xA0,
        0x1680,
        *range(0x2000, 0x200B),
        0x2028,
        0x2029,
        0x202F,
        0x205F,
        0x3000,
    )
)
JOIN_CONTROLS = (0x200C, 0x200D)
LETTERS_IN_FRAMES = ((0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189))
"""The symbols that have the property Alphabetic."""

CATEGORIES = {
    "c": "Cc Cf Cs Co Cn",
    "cc": "Cc",
    "cf": "Cf",
    "cn": "Cn",
    "co": "Co",
    "l": "Lu Ll Lt Lm Lo",
    "lc": "Lu Ll Lt",
    "ll": "Ll",
    "lm": "Lm",
    "lo": "Lo",
    "lt": "Lt",
    "lu": "Lu",
    "m": "Mn Mc Me",
    "mc": "Mc",
    "me": "Me",
    "mn": "Mn",
    "n": "Nd Nl No",
    "nd": "Nd",
    "nl": "Nl",
    "no": "No",
    "p": "Pc Pd Ps Pe Pi Pf Po",
    "pc": "Pc",
    "pd": "Pd",
    "pe": "Pe",
    "pf": "Pf",
    "pi": "Pi",
    "po": "Po",
    "ps": "Ps",
    "s": "Sm Sc Sk So",
    "sc": "Sc",
    "sk": "Sk",
    "sm": "Sm",
    "so": "So",
    "z": "Zs Zl Zp",
    "zl": "Zl",
    "zp": "Zp",
    "zs": "Zs",
}
"""The two-letter categories by the short name of a general category."""
LONG_NAMES = {
    "other": "c",
    "control": "cc",
    "cntrl": "cc",
    "format": "cf",
    "unassigned": "cn",
    "privateuse": "co",
    "letter": "l",
    "casedletter": "lc",
    "lowercaseletter": "ll",
    "modifierletter": "lm",
    "otherletter": "lo",
    "titlecaseletter": "lt",
    "uppercaseletter": "lu",
    "mark": "m",
    "combiningmark": "m",
    "spacingmark": "mc",
    "enclosingmark": "me",
    "nonspacingmark": "mn",
    "number": "n",
    "decimalnumber": "nd",
    "digit": "nd",
    "letternumber": "nl",
    "othernumber": "no",
    "punctuation": "p",
    "punct": "p",
    "connectorpunctuation": "pc",
    "dashpunctuation": "pd",
    "closepunctuation": "pe",
    "finalpunctuation": "pf",
    "initialpunctuation": "pi",
    "otherpunctuation": "po",
    "openpunctuation": "ps",
    "symbol": "s",
    "currencysymbol": "sc",
    "modifiersymbol": "sk",
    "mathsymbol": "sm",
    "othersymbol": "so",
    "separator": "z",
    "lineseparator": "zl",
    "paragraphseparator": "zp",
    "spaceseparator": "zs",
}
UNKNOWN_PROPERTIES = (
    *("age", "scx", "scriptextensions", "gcb", "graphemeclusterbreak"),
    *("sb", "sentencebreak", "wb", "wordbreak"),
)
"""The properties with values that Rust knows besides categories and scripts."""
BEYOND_ASCII = ((0x212A, 0x4B, 0x6B), (0x17F, 0x53, 0x73))
"""The Kelvin sign and the long s, which fold to an ASCII letter, with the two cases of that letter."""
NEWER_FOLDS = (
    *((first, first + 1) for first in (0x1C89, 0xA7CC, 0xA7DA)),
    *((0x264, 0xA7CB), (0x19B, 0xA7DC)),
    *((first, first + 0x20) for first in range(0x10D50, 0x10D66)),
    *((0x390, 0x1FD3), (0x3B0, 0x1FE3), (0xFB05, 0xFB06)),
)
"""Pairs that simple case folding joins since Unicode 15.1 or 16.0, which an older Python does not know."""


def _runs(text: str, letters: int) -> dict[str, list[Interval]]:
    """Read runs of code points: a number (none means 1), and a name of so many letters."""
    found: dict[str, list[Interval]] = {}
    first = 0
    for run in text.split():
        after = first + int(run[:-letters] or 1)
        found.setdefault(run[-letters:], []).append((first, after - 1))
        first = after
    return found


@lru_cache(1)
def _by_category() -> dict[str, list[Interval]]:
    return _runs(RUNS, 2)


@lru_cache(1)
def _scripts() -> dict[str, Intervals]:
    """Return the characters of each script, by its normalized names."""
    by_short_name = _runs(SCRIPT_RUNS, 4)
    names = (script.split("=") for script in SCRIPT_NAMES.split())
    return {_normalized(name): union(by_short_name[short[0]]) for short in names for name in short}


def _listed(text: str) -> list[Interval]:
    """Read runs in hexadecimal: `41-5A 61`."""
    return [(int(first, 16), int(last or first, 16)) for first, _, last in (run.partition("-") for run in text.split())]


@lru_cache(1)
def _properties() -> dict[str, Intervals]:
    """Return the characters of the binary properties that are known here, by their normalized names."""
    alphabetic = union([*category("l"), *category("nl"), *_listed(OTHER_ALPHABETIC)])
    lower = union([*category("ll"), *_listed(OTHER_LOWERCASE)])
    upper = union([*category("lu"), *_listed(OTHER_UPPERCASE)])
    return {
        **dict.fromkeys(("alpha", "alphabetic"), alphabetic),
        **dict.fromkeys(("lower", "lowercase"), lower),
        **dict.fromkeys(("upper", "uppercase"), upper),
        **dict.fromkeys(("space", "whitespace", "wspace"), WHITE_SPACE),
        **dict.fromkeys(("ahex", "asciihexdigit"), NAMED_CLASSES["xdigit"]),
    }


@lru_cache(64)
def category(name: str) -> Intervals:
    """Return the characters of a general category, by its short name in lower case (`l`, `lu`)."""
    return union(run for short in CATEGORIES[name].split() for run in _by_category()[short])


@lru_cache(1)
def word() -> Intervals:
    r"""Return the characters of `\w`."""
    letters = (*category("l"), *category("nl"), *category("m"), *category("nd"), *category("pc"))
    return union([*letters, JOIN_CONTROLS, *LETTERS_IN_FRAMES])


def property_class(name: str) -> Intervals | None:
    r"""Return the characters of `\p{name}`, or None where they are not known here.

    Raises KeyError where Rust knows no such property, category or script. As in Rust, case, spaces, `_`, `-` and a
    leading `is` do not count.
    """
    key = _normalized(name)
    if key in BINARY_PROPERTIES.split():
        return _properties().get(key)
    codes = general_category(name)
    return _scripts()[key] if codes is None else codes


def property_value_class(name: str, value: str) -> Intervals | None:
    r"""Return the characters of `\p{name=value}`, or None where they are not known here.

    Raises KeyError where Rust knows no such value of such a property.
    """
    key = _normalized(name)
    if key in ("gc", "generalcategory"):
        codes = general_category(value)
        if codes is None:
            raise KeyError(value)
        return codes
    if key in ("sc", "script"):
        return _scripts()[_normalized(value)]
    if key not in UNKNOWN_PROPERTIES:
        raise KeyError(name)
    return None


def general_category(name: str) -> Intervals | None:
    r"""Return the characters of `\p{gc=name}`, or None where there is no such category."""
    key = _normalized(name)
    short = LONG_NAMES.get(key, key)
    if short in CATEGORIES:
        return category(short)
    return {"any": EVERY_CODE_POINT, "ascii": ASCII, "assigned": complement(category("cn"))}.get(key)


def _normalized(name: str) -> str:
    begins_with_is = name[:2] in ("is", "Is", "iS", "IS")
    kept = "".join(c for c in name[2 * begins_with_is :] if c.isascii() and c not in " _-").lower()
    # `isc` is a name of its own, not `c` with the `is` that does not count.
    return "isc" if begins_with_is and kept == "c" else kept


def folded(codes: Intervals) -> Intervals:
    """Return the set with every character that differs from one of it by case only (simple case folding)."""
    found = list(codes)
    if codes and codes[-1][1] <= ASCII[-1][1]:
        # A run of ASCII letters is of one case, and upper and lower case differ in one bit.
        letters = intersection(codes, NAMED_CLASSES["alpha"])
        found += [(first ^ 0x20, last ^ 0x20) for first, last in letters]
        found += [(sign, sign) for sign, *cases in BEYOND_ASCII if any(contains(codes, case) for case in cases)]
    else:
        for code, others in _fold_classes().items():
            if contains(codes, code):
                found += [(other, other) for other in others]
    return union(found)


def folded_ascii(codes: Intervals) -> Intervals:
    """Return the set of ASCII characters with the other case of each letter of it."""
    return intersection(folded(codes), ASCII)


@lru_cache(1)
def _fold_classes() -> dict[int, tuple[int, ...]]:
    """Return for each character that has other cases all characters of its class."""
    classes: dict[int, set[int]] = {}
    for code in _assigned():
        folds_to = _simple_fold(chr(code))
        if folds_to != code:
            classes.setdefault(folds_to, {folds_to}).add(code)
    for one, other in NEWER_FOLDS:
        joined = classes.get(one, {one}) | classes.get(other, {other})
        for code in joined:
            classes[code] = joined
    return {code: tuple(sorted(members)) for members in classes.values() for code in members}


def _simple_fold(character: str) -> int:
    """Return the one character that simple case folding (status C and S) maps a character to."""
    for mapped in (character.casefold(), character.lower()):
        if len(mapped) == 1:
            return ord(mapped)
    return ord(character)


def _assigned() -> Iterator[int]:
    for name in ("lu", "ll", "lt", "mn", "nl", "so"):
        for first, last in category(name):
            yield from range(first, last + 1)
