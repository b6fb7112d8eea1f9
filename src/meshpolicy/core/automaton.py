"""Sets of texts that a finite automaton can tell, with their operations. Pure values.

Equal sets are equal values, whichever way they were made. An operation whose result would be too large to compute in
about a second raises `TooLarge`.
"""

from collections.abc import Sequence
from functools import lru_cache
from string import ascii_letters, digits, punctuation
from typing import Self

from meshpolicy.core.alphabet import LAST, SURROGATES, Alphabet
from meshpolicy.core.machine import Machine, TooLarge, explore, product, smallest
from meshpolicy.record import record

__all__ = ["READABLE", "Automaton", "TooLarge", "concat", "partition"]

READABLE = ascii_letters + digits + "-_./" + punctuation + " "
"""The characters that a witness prefers, best first."""
CACHED = 4096


@record
class Automaton:
    """A set of texts; a text holds no surrogate."""

    machine: Machine
    """The smallest machine that puts out 1 for the texts of the set, and 0 for the others."""

    @classmethod
    def nothing(cls) -> Self:
        """Return the empty set."""
        return cls(Machine(Alphabet(), ((0,),), (0,)))

    @classmethod
    def everything(cls) -> Self:
        """Return the set of all texts."""
        return cls(Machine(Alphabet(), ((0,),), (1,)))

    @classmethod
    def literal(cls, text: str) -> Self:
        """Return the set of one text."""
        return cls(_beginning(text, more=False))

    @classmethod
    def prefix(cls, text: str) -> Self:
        """Return the set of all texts that begin with `text`."""
        return cls(_beginning(text, more=True))

    @classmethod
    def suffix(cls, text: str) -> Self:
        """Return the set of all texts that end with `text`."""
        return cls(_ending(text))

    def __and__(self, other: Self) -> Self:
        return type(self)(_both(self.machine, other.machine))

    def __or__(self, other: Self) -> Self:
        return ~(~self & ~other)

    def __sub__(self, other: Self) -> Self:
        return self & ~other

    def __invert__(self) -> Self:
        machine = self.machine
        # The complement of a smallest machine is a smallest machine.
        return type(self)(Machine(machine.alphabet, machine.rows, tuple(1 - output for output in machine.outputs)))

    @property
    def is_empty(self) -> bool:
        """Whether the set has no text."""
        return self.machine.outputs == (0,)

    def accepts(self, text: str) -> bool:
        """Whether a text is in the set."""
        return self.machine.output(text) == 1

    def witness(self, prefer: str = READABLE) -> str | None:
        """Return a shortest text of the set, or None for the empty set.

        Of several, it is the one whose first character comes first in `prefer`, then the second, and so on; characters
        that are not in `prefer` come after those that are, unprintable ones last. The same set gives the same text.
        """
        return _witness(self.machine, prefer)


@lru_cache(CACHED)
def _beginning(text: str, *, more: bool) -> Machine:
    """Return the machine for one text, or for all that begin with it."""
    alphabet = Alphabet.of([((ord(character), ord(character)),) for character in dict.fromkeys(text)])
    wanted = [alphabet.letter(ord(character)) for character in text]
    end, astray = len(text), len(text) + 1

    def row(state: int) -> list[int]:
        if state >= end:
            return [end if more and state == end else astray] * alphabet.size
        return [state + 1 if letter == wanted[state] else astray for letter in range(alphabet.size)]

    return smallest(explore(alphabet, 0, row, lambda state: int(state == end)))


@lru_cache(CACHED)
def _ending(text: str) -> Machine:
    """Return the machine for all texts that end with one: a state is how much of it has just been read."""
    alphabet = Alphabet.of([((ord(character), ord(character)),) for character in dict.fromkeys(text)])
    wanted = [alphabet.letter(ord(character)) for character in text]
    rows: list[list[int]] = []
    shorter = 0  # the longest proper beginning of `text` that also ends what was read
    for place in range(len(text) + 1):
        row = list(rows[shorter]) if rows else [0] * alphabet.size
        if place < len(text):
            letter = wanted[place]
            following = row[letter]
            row[letter] = place + 1
            shorter = following if place else 0
        rows.append(row)
    return smallest(explore(alphabet, 0, rows.__getitem__, lambda state: int(state == len(text))))


@lru_cache(CACHED)
def _both(left: Machine, right: Machine) -> Machine:
    return smallest(product(left, right, int.__and__))


def concat(first: Automaton, second: Automaton) -> Automaton:
    """Return the set of all texts that are one of `first`, then one of `second`. Raises TooLarge."""
    left, right = first.machine, second.machine
    alphabet, pairs = left.alphabet.overlay(right.alphabet)

    def entered(state: int, places: frozenset[int]) -> tuple[int, frozenset[int]]:
        return state, places | {0} if left.outputs[state] else places

    def row(state: tuple[int, frozenset[int]]) -> list[tuple[int, frozenset[int]]]:
        begun, places = state
        return [
            entered(left.rows[begun][mine], frozenset(right.rows[place][theirs] for place in places))
            for mine, theirs in pairs
        ]

    start = entered(0, frozenset())
    return Automaton(
        smallest(explore(alphabet, start, row, lambda state: int(any(right.outputs[place] for place in state[1]))))
    )


def partition(automata: Sequence[Automaton]) -> list[tuple[int, Automaton]]:
    """Cut all texts into the sets that no automaton of the list tells apart. Raises TooLarge.

    Each set comes with its membership: bit i is 1 where its texts are in the i-th automaton. No set is empty, no two
    overlap or have the same membership, and together they are all texts.
    """
    machines = [automaton.machine for automaton in automata] or [Automaton.nothing().machine]
    width = 1
    while len(machines) > 1:  # joined in pairs, so that each machine is read only log n times
        machines = [_joined(machines[place : place + 2], width) for place in range(0, len(machines), 2)]
        width *= 2
    return _parts(machines[0])


def _joined(machines: Sequence[Machine], width: int) -> Machine:
    """Return one machine for one or two; the second's number lies above the `width` bits of the first's."""
    if len(machines) == 1:
        return machines[0]
    return product(machines[0], machines[1], lambda left, right: left | right << width)


def _parts(machine: Machine) -> list[tuple[int, Automaton]]:
    """Return for each number that is put out the set of texts that it is put out for."""
    sources: list[set[int]] = [set() for _ in machine.rows]
    for state, row in enumerate(machine.rows):
        for target in set(row):
            sources[target].add(state)
    found = []
    for output in dict.fromkeys(machine.outputs):
        leading = [state for state, number in enumerate(machine.outputs) if number == output]
        leads = set(leading)
        for state in leading:  # grows while it is walked
            new = sources[state] - leads
            leads |= new
            leading.extend(new)
        found.append((output, Automaton(_restricted(machine, leads, output))))
    return found


def _restricted(machine: Machine, leads: set[int], output: int) -> Machine:
    """Return the machine that puts out 1 where `machine` puts out `output`; `leads` are the states on the way there."""
    astray = -1
    none = [astray] * machine.alphabet.size

    def row(state: int) -> list[int]:
        return none if state == astray else [target if target in leads else astray for target in machine.rows[state]]

    return smallest(
        explore(machine.alphabet, 0, row, lambda state: int(state != astray and machine.outputs[state] == output))
    )


@lru_cache(CACHED)
def _witness(machine: Machine, prefer: str) -> str | None:
    distances = _distances(machine)
    if distances[0] is None:
        return None
    best = _best_characters(machine.alphabet, prefer)
    order = sorted(range(len(best)), key=lambda letter: best[letter])
    state, found = 0, ""
    while distances[state]:
        row = machine.rows[state]
        wanted = distances[state] - 1  # type: ignore[operator]
        letter = next(letter for letter in order if distances[row[letter]] == wanted)
        found += best[letter][1]
        state = row[letter]
    return found


def _distances(machine: Machine) -> list[int | None]:
    """Return for each state how many characters a text of the set still needs; None: there is none."""
    sources: list[set[int]] = [set() for _ in machine.rows]
    for state, row in enumerate(machine.rows):
        for target in set(row):
            sources[target].add(state)
    found: list[int | None] = [0 if output else None for output in machine.outputs]
    near = [state for state, output in enumerate(machine.outputs) if output]
    steps = 0
    while near:
        steps += 1
        near = sorted({source for state in near for source in sources[state] if found[source] is None})
        for state in near:
            found[state] = steps
    return found


def _best_characters(alphabet: Alphabet, prefer: str) -> list[tuple[int, str]]:
    """Return for each letter its rank among the letters, and the character that stands for it best."""
    best: dict[int, tuple[int, str]] = {}
    for rank, character in enumerate(prefer):
        best.setdefault(alphabet.letter(ord(character)), (rank, character))
    for start, end, letter in alphabet.runs():
        if letter not in best or best[letter][0] >= len(prefer):
            rank, character = _first_printable(start, end, len(prefer))
            best[letter] = min(best.get(letter, (rank, character)), (rank, character))
    return [best[letter] for letter in range(alphabet.size)]


def _first_printable(first: int, last: int, rank: int) -> tuple[int, str]:
    """Return the lowest printable character of a run (an unprintable one where none is near), ranked after `rank`."""
    for code in range(max(first, 0xA1) if last >= 0xA1 else first, min(last, max(first, 0xA1) + 64) + 1):
        if code not in SURROGATES and chr(code).isprintable():
            return rank + code, chr(code)
    return rank + LAST + 1 + first, chr(first)
