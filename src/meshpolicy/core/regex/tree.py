"""A regular expression as a tree, after its flags have been applied. Pure values."""

from enum import Enum, auto

from meshpolicy.core.alphabet import Intervals
from meshpolicy.record import record


class Look(Enum):
    """What an assertion asks of the place where it stands."""

    START = auto()
    END = auto()
    START_LINE = auto()
    END_LINE = auto()
    START_LINE_CRLF = auto()
    END_LINE_CRLF = auto()
    WORD_BOUNDARY = auto()
    NOT_WORD_BOUNDARY = auto()
    WORD_START = auto()
    WORD_END = auto()
    WORD_START_HALF = auto()
    WORD_END_HALF = auto()


@record
class Empty:
    """Matches the empty text."""


@record
class Characters:
    """Matches one character of a set; no text at all where the set is empty."""

    codes: Intervals


@record
class Assertion:
    """Matches the empty text where the condition holds."""

    look: Look
    unicode: bool
    """Whether word characters are those of Unicode, or of ASCII only."""


@record
class Repetition:
    """Matches its node `least` to `most` times; None is any number."""

    node: "Node"
    least: int
    most: int | None
    greedy: bool


@record
class Group:
    """A group that Rust captures, which costs it memory."""

    node: "Node"


@record
class Concatenation:
    """Matches its parts one after the other."""

    parts: tuple["Node", ...]


@record
class Alternation:
    """Matches one of its branches; an earlier one is preferred."""

    branches: tuple["Node", ...]


Node = Empty | Characters | Assertion | Repetition | Group | Concatenation | Alternation


def is_zero_width(node: Node) -> bool:
    """Whether every match of a node is the empty text."""
    match node:
        case Empty() | Assertion():
            return True
        case Characters():
            return False
        case Group(inner):
            return is_zero_width(inner)
        case Repetition(inner, _, most, _):
            return most == 0 or is_zero_width(inner)
        case Concatenation(parts) | Alternation(parts):
            return all(is_zero_width(part) for part in parts)


def can_be_empty(node: Node) -> bool:
    """Whether a node may match the empty text, its conditions left aside."""
    match node:
        case Empty() | Assertion() | Repetition(_, 0):
            return True
        case Characters():
            return False
        case Group(inner) | Repetition(inner):
            return can_be_empty(inner)
        case Concatenation(parts):
            return all(can_be_empty(part) for part in parts)
        case Alternation(branches):
            return any(can_be_empty(branch) for branch in branches)


def bounds(repetition: Repetition) -> tuple[int, int | None]:
    """Return how often a repetition repeats at least and at most; once, where its node matches the empty text only."""
    least, most = repetition.least, repetition.most
    if is_zero_width(repetition.node):
        return min(least, 1), min(1 if most is None else most, 1)
    return least, most
