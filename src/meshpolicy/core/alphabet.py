"""The code points of Unicode, cut into the classes that some patterns tell apart. Pure values.

A text is a sequence of Unicode scalar values, as in Rust: it holds no surrogate. So that equal sets of texts are equal
values, no interval begins or ends inside of the surrogates: they go with U+D7FF.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from meshpolicy.record import record

LAST = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)

Interval = tuple[int, int]
"""The first and the last code point of a run."""
Intervals = tuple[Interval, ...]
"""A set of code points: runs in order, which neither overlap nor touch."""

EVERY_CODE_POINT: Intervals = ((0, LAST),)


def union(intervals: Iterable[Interval]) -> Intervals:
    """Return the set of all code points that lie in one of the intervals, in whatever order they come."""
    found: list[Interval] = []
    for first, last in sorted(map(_without_surrogates, intervals)):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        elif first <= last:
            found.append((first, last))
    return tuple(found)


def complement(intervals: Intervals) -> Intervals:
    """Return the code points that are not in the set."""
    found: list[Interval] = []
    begin = 0
    for first, last in intervals:
        if begin < first:
            found.append((begin, first - 1))
        begin = last + 1
    if begin <= LAST:
        found.append((begin, LAST))
    return tuple(found)


def intersection(left: Intervals, right: Intervals) -> Intervals:
    """Return the code points that are in both sets."""
    return complement(union((*complement(left), *complement(right))))


def contains(intervals: Intervals, code: int) -> bool:
    """Whether a code point is in the set."""
    place = bisect_right(intervals, (code, LAST)) - 1
    return place >= 0 and code <= intervals[place][1]


def _without_surrogates(interval: Interval) -> Interval:
    first, last = interval
    return SURROGATES.stop if first in SURROGATES else first, SURROGATES.stop - 1 if last + 1 in SURROGATES else last


@record
class Alphabet:
    """A partition of all code points into letters, which are numbered from 0 by their lowest code point."""

    starts: tuple[int, ...] = (0,)
    """Where each run of one letter begins; the first is 0."""
    letters: tuple[int, ...] = (0,)
    """The letter of each run."""

    @classmethod
    def of(cls, sets: Sequence[Intervals]) -> Self:
        """Return the coarsest alphabet that tells apart the members and the others of each set."""
        cuts = sorted({0, *(cut for intervals in sets for first, last in intervals for cut in (first, last + 1))})
        starts = tuple(cut for cut in cuts if cut <= LAST)
        columns = [tuple(contains(intervals, start) for intervals in sets) for start in starts]
        return cls.merged(starts, columns)

    @classmethod
    def merged(cls, starts: Sequence[int], labels: Iterable[object]) -> Self:
        """Return the alphabet whose letters are the runs of equal labels; one label a start."""
        numbers: dict[object, int] = {}
        kept: list[tuple[int, int]] = []
        for start, label in zip(starts, labels, strict=True):
            letter = numbers.setdefault(label, len(numbers))
            if not kept or kept[-1][1] != letter:
                kept.append((start, letter))
        return cls(tuple(start for start, _ in kept), tuple(letter for _, letter in kept))

    @property
    def size(self) -> int:
        """How many letters there are."""
        return max(self.letters) + 1

    def letter(self, code: int) -> int:
        """Return the letter of a code point."""
        return self.letters[bisect_right(self.starts, code) - 1]

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """Yield each run: its first code point, its last, and its letter."""
        ends = (*(start - 1 for start in self.starts[1:]), LAST)
        yield from zip(self.starts, ends, self.letters, strict=True)

    def first_codes(self) -> tuple[int, ...]:
        """Return the lowest code point of each letter."""
        firsts: dict[int, int] = {}
        for start, letter in zip(self.starts, self.letters, strict=True):
            firsts.setdefault(letter, start)
        return tuple(firsts[letter] for letter in range(len(firsts)))

    def overlay(self, other: Self) -> tuple[Self, tuple[tuple[int, int], ...]]:
        """Return the coarsest alphabet that is finer than both, and for each of its letters theirs."""
        if self == other:
            return self, tuple((letter, letter) for letter in range(self.size))
        starts = sorted({*self.starts, *other.starts})
        labels = [(self.letter(start), other.letter(start)) for start in starts]
        return self.merged(starts, labels), tuple(dict.fromkeys(labels))
