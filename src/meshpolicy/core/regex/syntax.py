"""The syntax of Rust's `regex`, as the proxy links it: from a pattern to a tree.

Source: regex-syntax 0.8.11 `src/ast/parse.rs` (what is accepted) and `src/hir/translate.rs` (what it means).
"""

from dataclasses import dataclass, field

from meshpolicy.core.alphabet import EVERY_CODE_POINT, Intervals, complement
from meshpolicy.core.regex.errors import InvalidPattern, UnsupportedPattern
from meshpolicy.core.regex.escapes import NOT_UTF8, Class, Condition, Literal, Undecided, read_escape
from meshpolicy.core.regex.flags import Flags, read_flags
from meshpolicy.core.regex.reader import Reader
from meshpolicy.core.regex.sets import ClassReader
from meshpolicy.core.regex.tree import (
    Alternation,
    Assertion,
    Characters,
    Concatenation,
    Empty,
    Group,
    Look,
    Node,
    Repetition,
)
from meshpolicy.core.regex.unicode import category, folded, folded_ascii
from meshpolicy.record import record

NEST_LIMIT = 250
NEST_DECIDED = 100
"""Levels that are decided here: more are a matter of Python's own stack, and nobody writes them."""
LARGEST_COUNT = 2**32 - 1
NO_OPERAND = "repetition operator missing expression"
NO_COUNT = "repetition quantifier expects a valid decimal"
LINE_FEED: Intervals = ((0x0A, 0x0A),)
LINE_ENDS: Intervals = ((0x0A, 0x0A), (0x0D, 0x0D))
COUNTS = {"?": (0, 1), "*": (0, None), "+": (1, None)}


@record
class _Part:
    """A part of a concatenation, and how deep it is nested; no node where it only sets flags."""

    node: Node | None
    depth: int = 0


@dataclass(slots=True)
class _Level:
    """The inside of a group, or the whole pattern: finished branches, and the parts of the one that is read."""

    begin: int
    captures: bool
    outer: Flags
    """The flags in force after the group."""
    branches: list[_Part] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)

    def end_branch(self) -> None:
        self.branches.append(_concatenated(self.parts))
        self.parts = []

    def closed(self) -> _Part:
        self.end_branch()
        if len(self.branches) == 1:
            return self.branches[0]
        nodes = tuple(branch.node or Empty() for branch in self.branches)
        return _Part(Alternation(nodes), max(branch.depth for branch in self.branches) + 1)


def _concatenated(parts: list[_Part]) -> _Part:
    if len(parts) == 1:
        return _Part(parts[0].node or Empty(), parts[0].depth)
    nodes = tuple(part.node for part in parts if part.node is not None)
    depth = max((part.depth for part in parts), default=-1) + 1
    if len(nodes) == 1:
        return _Part(nodes[0], depth)
    return _Part(Concatenation(nodes) if nodes else Empty(), depth)


def parse(pattern: str) -> Node:
    """Return the tree of a pattern.

    Raises InvalidPattern where Rust refuses its syntax, UnsupportedPattern where it names a class of Unicode that is
    not known here. How large the pattern gets is another question (`size.py`).
    """
    return _Parser(pattern).parse()


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.reader = Reader(pattern)
        self.flags = Flags()
        self.levels = [_Level(0, captures=False, outer=self.flags)]
        self.names: set[str] = set()
        self.undecided: list[Undecided] = []

    def parse(self) -> Node:
        reader = self.reader
        while True:
            reader.skip()
            if reader.at_end:
                break
            self._read_one()
        if len(self.levels) > 1:
            reader.refuse("unclosed group", self.levels[-1].begin)
        whole = self.levels.pop().closed()
        if whole.depth > NEST_LIMIT:
            raise InvalidPattern(f"exceeded the maximum number of nested parentheses/brackets ({NEST_LIMIT})")
        if whole.depth > NEST_DECIDED:
            raise UnsupportedPattern(f"it is nested more than {NEST_DECIDED} levels deep, too deep to be decided here")
        if self.undecided:
            first = self.undecided[0]
            raise UnsupportedPattern(f"which characters are {first.name} is not known (at character {first.place + 1})")
        return whole.node or Empty()

    def _read_one(self) -> None:
        reader, level = self.reader, self.levels[-1]
        match reader.char:
            case "(":
                self._open_group()
            case ")":
                self._close_group()
            case "|":
                level.end_branch()
                reader.advance()
            case "[":
                found = ClassReader(reader, self.flags).read()
                self.undecided += found.undecided
                level.parts.append(_Part(Characters(found.codes), found.depth))
            case "?" | "*" | "+":
                self._repeat()
            case "{":
                self._repeat_counted()
            case _:
                level.parts.append(_Part(self._primitive()))

    def _set(self, flags: Flags) -> None:
        self.flags = flags
        self.reader.verbose = flags.verbose

    def _open_group(self) -> None:
        reader, begin = self.reader, self.reader.place
        reader.advance()
        reader.skip()
        if any(reader.text.startswith(sign, reader.place) for sign in ("?=", "?!", "?<=", "?<!")):
            reader.refuse("look-around, including look-ahead and look-behind, is not supported", begin)
        outer, captures = self.flags, True
        if reader.advance_over("?P<") or reader.advance_over("?<"):
            self._read_name()
        elif reader.advance_over("?"):
            if reader.at_end:
                reader.refuse("unclosed group", begin)
            flags, named = read_flags(reader, outer)
            ends = reader.char == ")"
            reader.advance()
            if ends and not named:
                reader.refuse(NO_OPERAND, begin + 1)
            self._set(flags)
            if ends:
                self.levels[-1].parts.append(_Part(None))
                return
            captures = False
        if len(self.levels) > NEST_LIMIT:
            reader.refuse(f"exceeded the maximum number of nested parentheses/brackets ({NEST_LIMIT})", begin)
        self.levels.append(_Level(begin, captures, outer))

    def _close_group(self) -> None:
        if len(self.levels) == 1:
            self.reader.refuse("unopened group")
        level = self.levels.pop()
        inner = level.closed()
        node = inner.node or Empty()
        self._set(level.outer)
        self.reader.advance()
        self.levels[-1].parts.append(_Part(Group(node) if level.captures else node, inner.depth + 1))

    def _read_name(self) -> None:
        reader, begin = self.reader, self.reader.place
        end = reader.text.find(">", begin)
        name = reader.text[begin : end if end >= 0 else None]
        for place, character in enumerate(name):
            if not self._in_name(character, first=place == 0):
                reader.refuse("invalid capture group character", begin + place)
        if end < 0:
            reader.refuse("unclosed capture group name", begin)
        if not name:
            reader.refuse("empty capture group name")
        if name in self.names:
            reader.refuse("duplicate capture group name", begin)
        self.names.add(name)
        reader.place = end + 1

    def _in_name(self, character: str, *, first: bool) -> bool:
        """Whether a name may hold a character, as Rust's `is_alphabetic` and `is_alphanumeric` say."""
        if not character.isascii():
            return self._beyond_ascii_in_name(character, first=first)
        if character == "_" or character.isalpha():
            return True
        return not first and (character.isdigit() or character in ".[]")

    def _beyond_ascii_in_name(self, character: str, *, first: bool) -> bool:
        code = ord(character)
        if any(low <= code <= high for name in ("l", "nl") for low, high in category(name)):
            return True
        if any(low <= code <= high for name in ("m", "so", "cn") for low, high in category(name)):
            self.undecided.append(Undecided(f"alphabetic, U+{code:04X} among them,", self.reader.place))
            return True
        return not first and any(low <= code <= high for low, high in category("n"))

    def _operand(self) -> _Part:
        parts = self.levels[-1].parts
        if not parts or parts[-1].node is None:
            self.reader.refuse(NO_OPERAND)
        return parts.pop()

    def _repeat(self) -> None:
        operand = self._operand()
        least, most = COUNTS[self.reader.char]
        lazy = self.reader.advance() and self.reader.char == "?"
        self._add_repetition(operand, least, most, lazy)

    def _add_repetition(self, operand: _Part, least: int, most: int | None, lazy: bool) -> None:
        if lazy:
            self.reader.advance()
        node = Repetition(operand.node or Empty(), least, most, greedy=lazy == self.flags.swap_greed)
        self.levels[-1].parts.append(_Part(node, operand.depth + 1))

    def _repeat_counted(self) -> None:
        reader, begin = self.reader, self.reader.place
        operand = self._operand()
        self._more_of_count(begin)
        counted = reader.place
        least = most = self._decimal()
        if reader.at_end:
            reader.refuse("unclosed counted repetition", begin)
        if reader.char == ",":
            self._more_of_count(begin)
            if reader.char == "}":
                most = None
            elif (most := self._decimal()) is None:
                reader.refuse(NO_COUNT)
        if reader.char != "}":
            reader.refuse("unclosed counted repetition" if least is not None else NO_COUNT, begin)
        if least is None:
            reader.refuse(NO_COUNT, counted)
        lazy = reader.advance_and_skip() and reader.char == "?"
        if most is not None and most < least:
            reader.refuse("invalid repetition count range, the start must be <= the end", begin)
        self._add_repetition(operand, least, most, lazy)

    def _more_of_count(self, begin: int) -> None:
        if not self.reader.advance_and_skip():
            self.reader.refuse("unclosed counted repetition", begin)

    def _decimal(self) -> int | None:
        """Read a number of a repetition; None where none stands here."""
        reader = self.reader
        reader.skip_white_space()
        begin, digits = reader.place, ""
        while reader.char and reader.char in "0123456789":
            digits += reader.char
            reader.advance_and_skip()
        reader.skip_white_space()
        if not digits:
            return None
        if int(digits[:11]) > LARGEST_COUNT or len(digits.lstrip("0")) > 10:
            reader.refuse("decimal literal invalid", begin)
        return int(digits)

    def _primitive(self) -> Node:
        reader, flags = self.reader, self.flags
        begin = reader.place
        match reader.char:
            case "\\":
                return self._escape()
            case ".":
                if not flags.unicode:
                    reader.refuse(NOT_UTF8)
                node: Node = Characters(self._dot())
            case "^":
                line = Look.START_LINE_CRLF if flags.crlf else Look.START_LINE
                node = Assertion(line if flags.multi_line else Look.START, flags.unicode)
            case "$":
                line = Look.END_LINE_CRLF if flags.crlf else Look.END_LINE
                node = Assertion(line if flags.multi_line else Look.END, flags.unicode)
            case character:
                node = self._literal(Literal(ord(character), begin))
        reader.advance()
        return node

    def _dot(self) -> Intervals:
        if self.flags.dot_matches_new_line:
            return EVERY_CODE_POINT
        return complement(LINE_ENDS if self.flags.crlf else LINE_FEED)

    def _escape(self) -> Node:
        found = read_escape(self.reader, self.flags)
        match found:
            case Literal():
                return self._literal(found)
            case Class():
                return Characters(found.codes)
            case Condition():
                return Assertion(found.look, self.flags.unicode)
            case Undecided():
                self.undecided.append(found)
                return Characters(())

    def _literal(self, literal: Literal) -> Node:
        if literal.byte and literal.code > 0x7F and not self.flags.unicode:
            self.reader.refuse(NOT_UTF8, literal.place)
        codes: Intervals = ((literal.code, literal.code),)
        if self.flags.case_insensitive and self.flags.unicode:
            return Characters(folded(codes))
        if self.flags.case_insensitive and literal.code <= 0x7F:
            return Characters(folded_ascii(codes))
        return Characters(codes)
