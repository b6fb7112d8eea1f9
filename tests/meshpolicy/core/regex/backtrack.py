"""A second way to say what a regular expression matches: try every way in order of preference, and go back.

It shares nothing with the engine: patterns are made together with their meaning, so nothing is parsed. A meaning yields
the places where a match that begins at a place may end, the preferred one first. Exponential, so for short texts only.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hypothesis import strategies as st

Meaning = Callable[[str, int], Iterator[int]]


@dataclass(frozen=True)
class Pattern:
    """A pattern as Rust writes it, and its meaning."""

    text: str
    ends: Meaning

    def __repr__(self) -> str:
        return self.text

    def spans(self, value: str) -> bool:
        """Whether the preferred match at the first character ends at the last."""
        return next(self.ends(value, 0), None) == len(value)


def _character(text: str, accepted: Callable[[str], bool]) -> Pattern:
    def ends(value: str, at: int) -> Iterator[int]:
        if at < len(value) and accepted(value[at]):
            yield at + 1

    return Pattern(text, ends)


def _condition(text: str, holds: Callable[[str, int], bool]) -> Pattern:
    def ends(value: str, at: int) -> Iterator[int]:
        if holds(value, at):
            yield at

    return Pattern(text, ends)


def _is_word(value: str, at: int) -> bool:
    return 0 <= at < len(value) and (value[at].isalnum() or value[at] == "_")


ATOMS = (
    *(_character(letter, lambda found, letter=letter: found == letter) for letter in "ab/"),  # type: ignore[misc]
    _character(".", lambda found: found != "\n"),
    _character("[^a]", lambda found: found != "a"),
    _character(r"\w", lambda found: _is_word(found, 0)),
    _character("[a-b&&[^b]]", lambda found: found == "a"),
    _character("[[:alpha:]--b]", lambda found: found.isalpha() and found != "b"),
    _character("(?i:A)", lambda found: found in "aA"),
    _condition("", lambda _value, _at: True),
    _condition("^", lambda _value, at: at == 0),
    _condition("$", lambda value, at: at == len(value)),
    _condition("(?m:^)", lambda value, at: at == 0 or value[at - 1] == "\n"),
    _condition("(?m:$)", lambda value, at: at == len(value) or value[at] == "\n"),
    _condition(r"\b", lambda value, at: _is_word(value, at - 1) != _is_word(value, at)),
    _condition(r"\B", lambda value, at: _is_word(value, at - 1) == _is_word(value, at)),
    _condition(r"\b{start}", lambda value, at: not _is_word(value, at - 1) and _is_word(value, at)),
    _condition(r"\>", lambda value, at: _is_word(value, at - 1) and not _is_word(value, at)),
)


def _joined(parts: list[Pattern]) -> Pattern:
    def ends(value: str, at: int, count: int = 0) -> Iterator[int]:
        if count == len(parts):
            yield at
            return
        for end in parts[count].ends(value, at):
            yield from ends(value, end, count + 1)

    return Pattern("".join(part.text for part in parts), ends)


def _either(branches: list[Pattern]) -> Pattern:
    def ends(value: str, at: int) -> Iterator[int]:
        for branch in branches:
            yield from branch.ends(value, at)

    return Pattern(f"({'|'.join(branch.text for branch in branches)})", ends)


def _repeated(inner: Pattern, counts: tuple[int, int | None], greedy: bool) -> Pattern:
    least, most = counts

    def ends(value: str, at: int, done: int = 0) -> Iterator[int]:
        if done >= least and not greedy:
            yield at
        if most is None or done < most:
            for end in inner.ends(value, at):
                if end == at and most is None and done >= least - 1:
                    yield at  # a round that reads nothing is the last
                else:
                    yield from ends(value, end, done + 1)
        if done >= least and greedy:
            yield at

    count = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((least, most))
    count = count or f"{{{least},{'' if most is None else most}}}"
    return Pattern(f"(?:{inner.text}){count}{'' if greedy else '?'}", ends)


COUNTS = st.sampled_from([(0, None), (1, None), (0, 1), (2, None), (0, 2), (1, 3), (2, 2), (0, 0)])

patterns: st.SearchStrategy[Pattern] = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(_joined),
        st.lists(inner, min_size=1, max_size=3).map(_either),
        st.builds(_repeated, inner, COUNTS, st.booleans()),
    ),
    max_leaves=8,
)
values = st.text("ab/A_\n", max_size=6)
