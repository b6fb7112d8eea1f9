"""Deterministic machines over code points that put out a number for each text, in their one smallest form. Pure.

Two machines that put out the same number for every text are equal values. An automaton is the case of 0 and 1
(`meshpolicy.core.automaton`). The smallest form is found as by Hopcroft (1971), in n log n steps.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import field
from typing import TypeVar

from meshpolicy.core.alphabet import Alphabet
from meshpolicy.record import record

TRANSITION_LIMIT = 500_000
"""States times letters of a machine under construction: a second or two of work."""

Rows = tuple[tuple[int, ...], ...]
State = TypeVar("State", bound=Hashable)


class TooLarge(Exception):
    """A machine would have more transitions than the limit; whoever asks answers "unknown"."""


@record
class Machine:
    """States are numbered from 0, where each text begins; all of them can be reached."""

    alphabet: Alphabet
    rows: Rows
    """The next state by state and letter."""
    outputs: tuple[int, ...]
    """What is put out for a text that ends in a state."""
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.alphabet, self.rows, self.outputs)))

    def __hash__(self) -> int:
        return self._hash

    def output(self, text: str) -> int:
        """Return the number for one text."""
        state = 0
        for character in text:
            state = self.rows[state][self.alphabet.letter(ord(character))]
        return self.outputs[state]


def explore(
    alphabet: Alphabet,
    start: State,
    row: Callable[[State], Iterable[State]],
    output: Callable[[State], int],
    limit: int = TRANSITION_LIMIT,
) -> Machine:
    """Return the machine of all states that can be reached, which is not yet the smallest.

    `row` gives the next state for each letter, `output` the number of a state. Raises TooLarge.
    """
    numbers = {start: 0}
    found = [start]
    rows: list[tuple[int, ...]] = []
    most = limit // alphabet.size
    for state in found:  # grows while it is walked
        if len(found) > most:
            raise TooLarge(f"more than {limit} transitions")
        targets = []
        for target in row(state):
            number = numbers.get(target)
            if number is None:
                number = numbers[target] = len(found)
                found.append(target)
            targets.append(number)
        rows.append(tuple(targets))
    return Machine(alphabet, tuple(rows), tuple(map(output, found)))


def product(left: Machine, right: Machine, join: Callable[[int, int], int]) -> Machine:
    """Return the machine that reads with both, and puts out what `join` makes of the two numbers; not the smallest.

    Raises TooLarge.
    """
    alphabet, pairs = left.alphabet.overlay(right.alphabet)
    width = len(right.rows)

    def row(state: int) -> Iterable[int]:
        mine, theirs = left.rows[state // width], right.rows[state % width]
        return [mine[a] * width + theirs[b] for a, b in pairs]

    return explore(alphabet, 0, row, lambda state: join(left.outputs[state // width], right.outputs[state % width]))


def smallest(machine: Machine) -> Machine:
    """Return the one machine with the fewest states and letters that puts out the same for every text."""
    alphabet, rows = _with_fewest_letters(machine.alphabet, machine.rows)
    members = _blocks(rows, machine.outputs)
    number = {state: block for block, states in enumerate(members) for state in states}
    ones = [next(iter(states)) for states in members]
    alphabet, rows = _with_fewest_letters(alphabet, [[number[target] for target in rows[one]] for one in ones])
    limit = len(rows) * alphabet.size
    return explore(alphabet, number[0], rows.__getitem__, lambda block: machine.outputs[ones[block]], limit)


def _with_fewest_letters(alphabet: Alphabet, rows: Sequence[Sequence[int]]) -> tuple[Alphabet, Rows]:
    """Join the letters that lead to the same state everywhere."""
    columns = list(zip(*rows, strict=True))
    fewest = Alphabet.merged(alphabet.starts, [columns[letter] for letter in alphabet.letters])
    kept = [columns[alphabet.letter(code)] for code in fewest.first_codes()]
    return fewest, tuple(zip(*kept, strict=True))


def _blocks(rows: Rows, outputs: Sequence[int]) -> list[set[int]]:
    """Return the sets of states that no text tells apart (Hopcroft's algorithm)."""
    grouped: dict[int, set[int]] = {}
    for state, output in enumerate(outputs):
        grouped.setdefault(output, set()).add(state)
    blocks = list(grouped.values())
    block_of = [0] * len(rows)
    for block, states in enumerate(blocks):
        for state in states:
            block_of[state] = block
    sources = _sources(rows)
    pending = set(range(len(blocks)))
    pending.discard(max(pending, key=lambda block: len(blocks[block])))
    while pending:
        splitter = tuple(blocks[pending.pop()])
        for by_target in sources:
            leading = [source for target in splitter if target in by_target for source in by_target[target]]
            if leading:
                _split(blocks, block_of, leading, pending)
    return blocks


def _sources(rows: Rows) -> list[dict[int, list[int]]]:
    """Return the states that lead to a state, by letter and by that state."""
    found: list[dict[int, list[int]]] = [{} for _ in rows[0]]
    for state, row in enumerate(rows):
        for by_target, target in zip(found, row, strict=True):
            by_target.setdefault(target, []).append(state)
    return found


def _split(blocks: list[set[int]], block_of: list[int], leading: list[int], pending: set[int]) -> None:
    """Split each block into those of its states that are in `leading` and the others; note what is to be tried."""
    touched: dict[int, set[int]] = {}
    for state in leading:
        touched.setdefault(block_of[state], set()).add(state)
    for block, states in touched.items():
        rest = len(blocks[block]) - len(states)
        if not rest:
            continue
        blocks[block] -= states
        smaller, larger = (states, blocks[block]) if len(states) <= rest else (blocks[block], states)
        blocks[block] = larger
        new = len(blocks)
        blocks.append(smaller)
        for state in smaller:
            block_of[state] = new
        # The larger part keeps the number, so it is tried again only if the whole was still to be tried.
        pending.add(new)
