"""The flags of a regular expression, `(?isUxmRu-…)`. Source: regex-syntax 0.8.11 `src/ast/parse.rs`."""

from meshpolicy.core.regex.reader import Reader
from meshpolicy.record import record, replace


@record
class Flags:
    """The flags in force at a place; the values are those at the beginning of a pattern."""

    case_insensitive: bool = False
    multi_line: bool = False
    dot_matches_new_line: bool = False
    swap_greed: bool = False
    unicode: bool = True
    crlf: bool = False
    verbose: bool = False


FIELDS = {
    "i": "case_insensitive",
    "m": "multi_line",
    "s": "dot_matches_new_line",
    "U": "swap_greed",
    "u": "unicode",
    "R": "crlf",
    "x": "verbose",
}


def read_flags(reader: Reader, current: Flags) -> tuple[Flags, bool]:
    """Read flags up to the `:` or `)` that ends them; return those in force after, and whether any was named."""
    seen: dict[str, int] = {}
    changes: dict[str, bool] = {}
    while reader.char not in (":", ")"):
        flag = reader.char
        if flag in seen:
            reader.refuse("repeated flag negation" if flag == "-" else "duplicate flag")
        if flag != "-" and flag not in FIELDS:
            reader.refuse("unrecognized flag")
        seen[flag] = reader.place
        if flag != "-":
            changes[FIELDS[flag]] = "-" not in seen
        if not reader.advance():
            reader.refuse("expected flag but got end of regex")
    if seen and list(seen)[-1] == "-":
        reader.refuse("dangling flag negation operator", seen["-"])
    return replace(current, **changes), bool(seen)
