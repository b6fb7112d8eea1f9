"""Classes in brackets: ranges, named classes, nested classes, and the operations `&&`, `--` and `~~`.

Source: regex-syntax 0.8.11 `src/ast/parse.rs` and `src/hir/translate.rs`.
"""

from dataclasses import dataclass, field

from meshpolicy.core.alphabet import Interval, Intervals, complement, intersection, union
from meshpolicy.core.regex.escapes import NOT_UNICODE, NOT_UTF8, Class, Literal, Undecided, read_escape
from meshpolicy.core.regex.flags import Flags
from meshpolicy.core.regex.reader import Reader
from meshpolicy.core.regex.unicode import ASCII, NAMED_CLASSES, folded, folded_ascii
from meshpolicy.record import record

UNCLOSED = "unclosed character class"


@dataclass(slots=True)
class _Union:
    """The items between two operations, or between a bracket and one."""

    runs: list[Interval] = field(default_factory=list)
    items: int = 0
    depth: int = 0
    """How deep the deepest item is nested."""

    def add(self, runs: Intervals, depth: int = 0) -> None:
        self.runs.extend(runs)
        self.items += 1
        self.depth = max(self.depth, depth)


@dataclass(slots=True)
class _Bracket:
    """A class whose closing bracket is still to come."""

    begin: int
    negated: bool
    items: _Union
    left: Intervals | None = None
    """What stands before the last operation."""
    left_depth: int = 0
    operation: str = ""


@record
class CharacterClass:
    """A class in brackets, how deep it is nested, and what in it is not known here."""

    codes: Intervals
    depth: int
    undecided: tuple[Undecided, ...]


class ClassReader:
    """Reads one class in brackets, from its `[` to its `]`."""

    def __init__(self, reader: Reader, flags: Flags) -> None:
        self.reader = reader
        self.flags = flags
        self.open: list[_Bracket] = []
        self.undecided: list[Undecided] = []

    def read(self) -> CharacterClass:
        """Return the class. Raises InvalidPattern."""
        reader = self.reader
        self.open.append(self._opened())
        while True:
            reader.skip()
            if reader.at_end:
                reader.refuse(UNCLOSED, self.open[-1].begin)
            items = self.open[-1].items
            if reader.char == "[":
                named = self._named_class()
                if named is None:
                    self.open.append(self._opened())
                else:
                    items.add(named)
            elif reader.char == "]":
                codes, depth = self._closed(self.open.pop())
                if not self.open:
                    return CharacterClass(codes, depth + 1, tuple(self.undecided))
                self.open[-1].items.add(codes, depth + 1)
            elif reader.char in "&-~" and reader.peek() == reader.char:
                operation = reader.char * 2
                reader.advance_over(operation)
                self._operate(self.open[-1], operation)
            else:
                items.add(self._range())

    def _opened(self) -> _Bracket:
        """Read a `[`, a `^`, and the `-` and `]` that stand for themselves there."""
        reader, begin = self.reader, self.reader.place
        self._advance(begin)
        negated = reader.char == "^"
        if negated:
            self._advance(begin)
        items = _Union()
        while reader.char == "-":
            items.add(((0x2D, 0x2D),))
            self._advance(begin)
        if not items.items and reader.char == "]":
            items.add(((0x5D, 0x5D),))
            self._advance(begin)
        return _Bracket(begin, negated, items)

    def _advance(self, begin: int) -> None:
        if not self.reader.advance_and_skip():
            self.reader.refuse(UNCLOSED, begin)

    def _closed(self, bracket: _Bracket) -> tuple[Intervals, int]:
        codes, depth = self._operated(bracket)
        self.reader.advance()
        return self._fold_and_negate(codes, bracket.negated, bracket.begin), depth

    def _operate(self, bracket: _Bracket, operation: str) -> None:
        bracket.left, bracket.left_depth = self._operated(bracket)
        bracket.operation = operation
        bracket.items = _Union()

    def _operated(self, bracket: _Bracket) -> tuple[Intervals, int]:
        """Return what stands in the bracket so far, and how deep it is nested."""
        items = bracket.items
        right, depth = union(items.runs), items.depth + (items.items > 1)
        if bracket.left is None:
            return right, depth
        left = bracket.left
        if self.flags.case_insensitive:
            left, right = self._folded(left), self._folded(right)
        match bracket.operation:
            case "&&":
                codes = intersection(left, right)
            case "--":
                codes = intersection(left, complement(right))
            case _:
                codes = intersection(union([*left, *right]), complement(intersection(left, right)))
        return codes, max(bracket.left_depth, depth) + 1

    def _folded(self, codes: Intervals) -> Intervals:
        return folded(codes) if self.flags.unicode else folded_ascii(codes)

    def _fold_and_negate(self, codes: Intervals, negated: bool, place: int) -> Intervals:
        if self.flags.case_insensitive:
            codes = self._folded(codes)
        if negated and not self.flags.unicode:
            self.reader.refuse(NOT_UTF8, place)
        return complement(codes) if negated else codes

    def _named_class(self) -> Intervals | None:
        """Read `[:name:]` or `[:^name:]`; None where it is no such class, and a nested one begins."""
        reader, begin = self.reader, self.reader.place
        if reader.peek() != ":":
            return None
        end = reader.text.find(":", begin + 2)
        name = reader.text[begin + 2 : end] if end >= 0 else ""
        if reader.text[end : end + 2] != ":]" or name.removeprefix("^") not in NAMED_CLASSES:
            return None
        reader.place = end + 2
        return self._fold_and_negate(NAMED_CLASSES[name.removeprefix("^")], name.startswith("^"), begin)

    def _range(self) -> Intervals:
        """Read one item: a character, a range, or a class that a backslash names."""
        reader, begin = self.reader, self.reader.place
        first = self._item()
        reader.skip()
        if reader.at_end:
            reader.refuse(UNCLOSED, self.open[-1].begin)
        if reader.char != "-" or reader.peek_past_space() in ("]", "-"):
            if isinstance(first, Undecided):
                self.undecided.append(first)
                return ()
            return first.codes if isinstance(first, Class) else self._character(first)
        self._advance(self.open[-1].begin)
        last = self._item()
        if not isinstance(first, Literal) or not isinstance(last, Literal):
            reader.refuse("invalid character class range, must be between two characters", begin)
        if last.code < first.code:
            reader.refuse("invalid character class range, the start must be <= the end", begin)
        return ((self._character(first)[0][0], self._character(last)[0][1]),)

    def _item(self) -> Literal | Class | Undecided:
        reader, begin = self.reader, self.reader.place
        if reader.char != "\\":
            literal = Literal(ord(reader.char), begin)
            reader.advance()
            return literal
        found = read_escape(reader, self.flags)
        if not isinstance(found, Literal | Class | Undecided):
            reader.refuse("invalid escape sequence found in character class", begin)
        return found

    def _character(self, literal: Literal) -> Intervals:
        if not self.flags.unicode and literal.code > ASCII[-1][1]:
            self.reader.refuse(NOT_UTF8 if literal.byte else NOT_UNICODE, literal.place)
        return ((literal.code, literal.code),)
