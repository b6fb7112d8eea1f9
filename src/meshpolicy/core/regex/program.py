"""A pattern as a program: states with an order of preference, as Rust's `regex` compiles it (Thompson's construction).

Source: regex-automata 0.4.18 `src/nfa/thompson/compiler.rs`. Characters take the place of bytes.
"""

from collections.abc import Sequence
from functools import lru_cache

from meshpolicy.core.alphabet import Intervals
from meshpolicy.core.regex.errors import InvalidPattern, UnsupportedPattern
from meshpolicy.core.regex.size import check_size
from meshpolicy.core.regex.syntax import parse
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
    can_be_empty,
)
from meshpolicy.record import record

STATE_LIMIT = 20_000
"""Rust runs programs of about 300,000 states; beyond this many, a pattern is not decided here."""


@record
class Read:
    """Reads one character of a set, and goes on at `target`."""

    codes: Intervals
    target: int


@record
class Check:
    """Goes on at `target` where a condition holds."""

    assertion: Assertion
    target: int


@record
class Choose:
    """Goes on at each target, the first of them preferred."""

    targets: tuple[int, ...]


@record
class Match:
    """The pattern has matched."""


State = Read | Check | Choose | Match


@record
class Program:
    """The states of a pattern, and where it begins."""

    states: tuple[State, ...]
    start: int


@lru_cache(16_384)
def validate(pattern: str) -> None:
    """Raise InvalidPattern where Rust refuses a pattern, UnsupportedPattern where that is not decided here."""
    check_size(parse(pattern))


def why_validity_is_unknown(pattern: str) -> str:
    """Return why nobody can tell here whether Rust takes a pattern; empty where one can."""
    try:
        validate(pattern)
    except UnsupportedPattern as error:
        return str(error)
    except InvalidPattern:
        return ""
    return ""


def why_matches_are_unknown(pattern: str) -> str:
    """Return why nobody can tell here what a pattern that Rust takes matches; empty where one can."""
    try:
        compiled(pattern)
    except UnsupportedPattern as error:
        return str(error)
    return ""


@lru_cache(1024)
def compiled(pattern: str) -> Program:
    """Return the program of a pattern. Raises InvalidPattern and UnsupportedPattern."""
    tree = parse(pattern)
    check_size(tree)
    compiler = _Compiler()
    start = compiler.compile(tree, compiler.add(Match()))
    return Program(tuple(compiler.states), start)


class _Compiler:
    """Builds from the end: each node is compiled towards the state that comes after it."""

    def __init__(self) -> None:
        self.states: list[State] = []

    def add(self, state: State) -> int:
        if len(self.states) >= STATE_LIMIT:
            raise UnsupportedPattern(f"it has more than {STATE_LIMIT} states, too many to be decided here")
        self.states.append(state)
        return len(self.states) - 1

    def compile(self, node: Node, after: int) -> int:
        """Add the states of a node, and return the one where it begins."""
        match node:
            case Empty():
                return after
            case Characters(codes):
                return self.add(Read(codes, after))
            case Assertion():
                return self.add(Check(node, after))
            case Group(inner):
                return self.compile(inner, after)
            case Concatenation(parts):
                for part in reversed(parts):
                    after = self.compile(part, after)
                return after
            case Alternation(branches):
                return self.add(Choose(tuple([self.compile(branch, after) for branch in branches])))
            case Repetition():
                return self._repetition(node, after)

    def _repetition(self, node: Repetition, after: int) -> int:
        copies, most = bounds(node)
        if most is None:
            after = self._any_number(node, after, at_least_one=copies > 0)
            copies -= 1
        else:
            # `a{2,4}` is `aa(?:a(?:a)?)?`.
            end = after
            for _ in range(most - copies):
                after = self.add(self._choice(node, self.compile(node.node, after), end))
        for _ in range(copies):
            after = self.compile(node.node, after)
        return after

    def _any_number(self, node: Repetition, after: int, *, at_least_one: bool) -> int:
        """Compile `x*` or `x+`; where x can be empty, `x*` is `(?:x+)?`, which keeps the order of preference."""
        loop = self.add(Choose(()))
        start = self.compile(node.node, loop)
        self.states[loop] = self._choice(node, start, after)
        if at_least_one:
            return start
        if not can_be_empty(node.node):
            return loop
        return self.add(self._choice(node, start, after))

    def _choice(self, node: Repetition, again: int, after: int) -> Choose:
        return Choose((again, after) if node.greedy else (after, again))


def classes(states: Sequence[State]) -> list[Intervals]:
    """Return the sets of characters that a program reads, each once."""
    return list(dict.fromkeys(state.codes for state in states if isinstance(state, Read)))
