"""How much memory Rust's `regex` needs for a pattern, which it refuses beyond 10 MiB. Pure.

Rust compiles a pattern to two programs, one that reads forwards and one that reads backwards, and counts 32 bytes a
state, 8 a transition and 4 an alternative. What its optimizer makes of a pattern is not repeated here, so the size is
known between two bounds only.
Sources: regex-automata 0.4.18 `src/nfa/thompson/{builder,compiler}.rs`, regex-syntax 0.8.11 `src/hir/mod.rs`.
"""

from functools import lru_cache

from meshpolicy.core.alphabet import Intervals
from meshpolicy.core.regex.errors import InvalidPattern, UnsupportedPattern
from meshpolicy.core.regex.tree import (
    Alternation,
    Assertion,
    Characters,
    Concatenation,
    Empty,
    Group,
    Node,
    Repetition,
    bounds,
)
from meshpolicy.core.regex.utf8 import UTF8_LENGTHS, sequences
from meshpolicy.record import record

LIMIT = 10 * 2**20
"""The bytes that `regex::Regex::new` allows."""
STATE, TRANSITION, ALTERNATIVE = 32, 8, 4
AROUND = 10 * STATE
"""At most what stands around every program: the search for a beginning, the whole match's capture, the match."""


@record
class Size:
    """Two bounds of a size in bytes."""

    least: int
    most: int

    def __add__(self, other: "Size") -> "Size":
        return Size(self.least + other.least, self.most + other.most)

    def times(self, count: int) -> "Size":
        """Return the size of so many copies."""
        return Size(self.least * count, self.most * count)


def check_size(node: Node) -> None:
    """Raise InvalidPattern where Rust refuses a pattern for its size, UnsupportedPattern where that is not known."""
    size = _size(node)
    if size.least > LIMIT:
        raise InvalidPattern(f"compiled regex exceeds size limit of {LIMIT} bytes")
    if size.most + AROUND > LIMIT:
        raise UnsupportedPattern("whether it is too large for Rust (10 MiB compiled) is not known")


def _size(node: Node) -> Size:
    match node:
        case Empty():
            return Size(0, STATE)
        case Characters(codes):
            return _class_size(codes)
        case Assertion():
            return Size(STATE, STATE)
        case Group(inner):
            return _size(inner) + Size(0, 2 * STATE)
        case Repetition():
            return _repetition_size(node)
        case Concatenation(parts):
            total = Size(0, STATE)
            for part in parts:
                total += _size(part)
            return total
        case Alternation(branches):
            # The optimizer may join classes and beginnings that branches have in common.
            least, most = 0, 2 * STATE
            for branch in branches:
                size = _size(branch)
                least, most = max(least, size.least), most + size.most + STATE + TRANSITION
            return Size(STATE if _has_large_class(node) else least, most)


def _repetition_size(node: Repetition) -> Size:
    least, most = bounds(node)
    if most == 0:
        return Size(0, STATE)
    inner = _size(node.node)
    copies = inner.times(max(least, 1) if most is None else most)
    optional = 1 if most is None else most - least
    choices = Size(optional * STATE, optional * (STATE + 2 * ALTERNATIVE))
    return copies + choices + Size(0, 4 * STATE)


def _has_large_class(node: Node) -> bool:
    """Whether a class beyond ASCII is part of the pattern."""
    match node:
        case Characters(codes):
            return bool(codes) and codes[-1][1] > UTF8_LENGTHS[0] and codes[0][0] != codes[-1][1]
        case Group(inner) | Repetition(inner):
            return _has_large_class(inner)
        case Concatenation(parts) | Alternation(parts):
            return any(_has_large_class(part) for part in parts)
        case Empty() | Assertion():
            return False


@lru_cache(1024)
def _class_size(codes: Intervals) -> Size:
    if not codes:
        return Size(STATE, 2 * STATE)
    if codes[-1][1] <= UTF8_LENGTHS[0]:
        if codes[0][0] == codes[-1][1]:
            return Size(STATE, STATE)
        return Size(2 * STATE, 2 * STATE + len(codes) * TRANSITION)
    if codes[0][0] == codes[-1][1]:
        length = len(chr(codes[0][0]).encode())
        return Size(length * STATE, length * STATE)
    return _beyond_ascii(codes)


def _beyond_ascii(codes: Intervals) -> Size:
    """Return the size of a class as the program that reads backwards has it: a tree of bytes."""
    nodes: set[tuple[tuple[int, int], ...]] = set()
    count = 0
    for sequence in sequences(codes):
        count += 1
        nodes.update(sequence[:length] for length in range(1, len(sequence) + 1))
    shared = 2 * STATE + count * ALTERNATIVE + len(nodes) * STATE
    # Rust finds nearly all beginnings that could be shared: up to 2 % more were measured.
    return Size(shared, shared + shared // 20)
