"""One part of a request, cut into classes that no pattern tells apart. Pure values.

An axis is finite, whatever texts there are: patterns see of a text only which of them it meets. So a set of texts that
patterns can describe is a set of classes, written as the bits of a number, and each class has a witness.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Generic, TypeVar

from meshpolicy.core.automaton import Automaton, partition
from meshpolicy.record import record

Pattern = TypeVar("Pattern", bound=Hashable)
Value = TypeVar("Value")
MOST_CLASSES = 4096


class TooMany(ValueError):
    """There are more classes than can be looked at; the message says of what."""


@record
class Part(Generic[Pattern]):
    """What meets each pattern of `all_of` and none of `none_of`; without any: everything."""

    all_of: tuple[Pattern, ...] = ()
    none_of: tuple[Pattern, ...] = ()

    @property
    def size(self) -> int:
        """Return how long it takes to say it."""
        return len(self.all_of) + 2 * len(self.none_of)

    def holds(self, meets: Callable[[Pattern], bool]) -> bool:
        """Whether what meets patterns so is meant."""
        return all(map(meets, self.all_of)) and not any(map(meets, self.none_of))


@record
class Axis(Generic[Pattern, Value]):
    """The classes of one part of a request."""

    witnesses: tuple[Value, ...]
    """A value of each class."""
    patterns: tuple[Pattern, ...]
    members: tuple[int, ...]
    """For each pattern the classes that meet it, as bits."""

    @property
    def full(self) -> int:
        """Return the bits of all classes."""
        return (1 << len(self.witnesses)) - 1

    def of(self, part: Part[Pattern]) -> int:
        """Return the classes of a part whose patterns are those of this axis."""
        found = self.full
        for pattern in part.all_of:
            found &= self.members[self.patterns.index(pattern)]
        for pattern in part.none_of:
            found &= ~self.members[self.patterns.index(pattern)]
        return found

    def like(self, value: Value, meets: Callable[[Pattern, Value], bool]) -> int | None:
        """Return the class whose values meet the same patterns as this one, or None where there is none."""
        sign = [meets(pattern, value) for pattern in self.patterns]
        return next(
            (at for at in range(len(self.witnesses)) if sign == [bool(bits >> at & 1) for bits in self.members]),
            None,
        )

    def parts(self, classes: int) -> tuple[Part[Pattern], ...]:
        """Return few parts that are together exactly these classes, the widest first; they may overlap."""
        found: list[Part[Pattern]] = []
        missing = classes
        while missing:
            part = self._best(classes, missing)
            found.append(part)
            missing &= ~self.of(part)
        return tuple(found)

    def _best(self, classes: int, missing: int) -> Part[Pattern]:
        """Return the part within `classes` that covers most of what is missing; of equals the plainest."""
        best: tuple[tuple[int, int, int], Part[Pattern]] | None = None
        for base in self._bases(classes, missing):
            part = self._without(base, classes)
            if part is None:
                continue
            covered = (self.of(part) & missing).bit_count()
            rank = (covered - len(part.none_of) - len(base) + 1, -len(part.none_of), -len(base))
            if covered and (best is None or rank > best[0]):
                best = rank, part
        return best[1] if best is not None else self._exactly(classes, missing)

    def _bases(self, classes: int, missing: int) -> Iterator[tuple[Pattern, ...]]:
        yield ()
        near = [pattern for pattern, bits in zip(self.patterns, self.members, strict=True) if bits & missing]
        yield from ((pattern,) for pattern in near)
        if not any(bits & missing and not bits & ~classes for bits in self.members) and len(near) <= 20:
            yield from combinations(near, 2)

    def _without(self, base: tuple[Pattern, ...], classes: int) -> Part[Pattern] | None:
        """Return a base less the patterns that hold what is not meant, or None where patterns would take too much."""
        whole = self.of(Part(base))
        excess, chosen = whole & ~classes, list[Pattern]()
        useful = [
            (pattern, bits & whole)
            for pattern, bits in zip(self.patterns, self.members, strict=True)
            if bits & excess and not bits & whole & classes
        ]
        while excess:
            pattern, bits = max(useful, key=lambda one: (one[1] & excess).bit_count(), default=(None, 0))
            if pattern is None or not bits & excess:
                return None
            chosen.append(pattern)
            excess &= ~bits
        return Part(base, tuple(chosen))

    def _exactly(self, classes: int, missing: int) -> Part[Pattern]:
        """Return the part of one missing class, with as few patterns as say it within `classes`."""
        bit = missing & -missing
        inside = [pattern for pattern, bits in zip(self.patterns, self.members, strict=True) if bits & bit]
        outside = [pattern for pattern, bits in zip(self.patterns, self.members, strict=True) if not bits & bit]
        for pattern in (*inside, *outside):
            fewer = Part(
                tuple(one for one in inside if one != pattern), tuple(one for one in outside if one != pattern)
            )
            if not self.of(fewer) & ~classes:
                inside, outside = list(fewer.all_of), list(fewer.none_of)
        return Part(tuple(inside), tuple(outside))


def grouped(
    values: Iterable[Value], patterns: Sequence[Pattern], meets: Callable[[Pattern, Value], bool]
) -> Axis[Pattern, Value]:
    """Return the axis of values of which each class has one at least; the first of a class is its witness."""
    classes: dict[tuple[bool, ...], Value] = {}
    for value in values:
        classes.setdefault(tuple(meets(pattern, value) for pattern in patterns), value)
    members = tuple(
        sum(1 << place for place, signature in enumerate(classes) if signature[number])
        for number in range(len(patterns))
    )
    return Axis(tuple(classes.values()), tuple(patterns), members)


def texts(
    universe: Automaton, languages: Iterable[Automaton], nice: Sequence[str] = (), exact: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return a text for each set of texts of the universe that no language tells apart, the `nice` ones first.

    Each text of `exact` is a set of its own, even outside of the universe.
    Raises TooLarge (of automata) and TooMany.
    """
    found = list(dict.fromkeys(exact))
    for part, accepted in _cut(universe, tuple(dict.fromkeys(languages)), tuple(nice)):
        chosen = next((text for text in accepted if text not in exact), None)
        if chosen is None:
            chosen = _beside(part, exact)
        if chosen is not None:
            found.append(chosen)
    if len(found) > MOST_CLASSES:
        raise TooMany(f"{len(found)} classes of texts")
    first = (*exact, *nice)
    rank = {text: place for place, text in enumerate(first)}
    return tuple(sorted(found, key=lambda text: (rank.get(text, len(first)), len(text), text)))


@lru_cache(1024)
def _cut(
    universe: Automaton, languages: tuple[Automaton, ...], nice: tuple[str, ...]
) -> tuple[tuple[Automaton, tuple[str, ...]], ...]:
    """Return the sets of texts of the universe that no language tells apart, each with the nice texts in it.

    Cached, as exact texts have no part in it: ports that differ in whom they name cut all other texts alike.
    """
    parts = [part for number, part in partition([universe, *languages]) if number & 1]
    return tuple((part, tuple(text for text in nice if part.accepts(text))) for part in parts)


def _beside(part: Automaton, exact: Sequence[str]) -> str | None:
    """Return a shortest text of a set that is not one of `exact`, or None where there is no other."""
    text = part.witness()
    while text is not None and text in exact:
        part -= Automaton.literal(text)
        text = part.witness()
    return text


def lines(values: Sequence[Value], meets: Sequence[Callable[[Value], bool]]) -> tuple[tuple[Value, ...], ...]:
    """Return for each truth of `some line meets it`, for all predicates at once, a shortest list of lines.

    `values` hold one line for each set of lines that no predicate tells apart; no line at all is the first answer.
    Raises TooMany.
    """
    signs = {sum(1 << place for place, one in enumerate(meets) if one(value)): value for value in reversed(values)}
    found: dict[int, tuple[Value, ...]] = {0: ()}
    waiting = [0]
    for sign in waiting:  # grows while it is walked, so that shorter lists come first
        for more, value in signs.items():
            if sign | more not in found:
                found[sign | more] = (*found[sign], value)
                waiting.append(sign | more)
        if len(found) > MOST_CLASSES:
            raise TooMany(f"{len(found)} combinations of lines")
    return tuple(found.values())
