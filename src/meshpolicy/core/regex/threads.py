"""How a program reads a text: as a list of threads, in order of preference, one character at a time.

The leftmost-first match that begins at the text's first character ends at its last one if and only if, after the last
character, a thread matches, and none did so before that is preferred to it. Only such threads are kept, so a list is
all there is to know: its length is that of the program, and each list is a state of a deterministic automaton.
Source: regex-automata 0.4.18 `src/nfa/thompson/pikevm.rs`, `src/util/look.rs`.
"""

from collections.abc import Callable
from functools import lru_cache

from meshpolicy.core.alphabet import Alphabet, Intervals, contains
from meshpolicy.core.regex.program import Check, Choose, Match, Program, Read, classes, compiled
from meshpolicy.core.regex.tree import Assertion, Look
from meshpolicy.core.regex.unicode import NAMED_CLASSES, word
from meshpolicy.record import record

CARRIAGE_RETURN: Intervals = ((0x0D, 0x0D),)
LINE_FEED: Intervals = ((0x0A, 0x0A),)
NO_LETTER = -1
"""What stands before the first character, and after the last."""

Threads = tuple[int, tuple[int, ...]]
"""The kind of the letter that was read last, and the states of the threads."""
NO_THREADS: Threads = (NO_LETTER, ())
"""Nothing matches any more, whatever follows."""


@record
class Reading:
    """A program with its alphabet: what its classes and conditions tell apart."""

    program: Program
    alphabet: Alphabet
    accepting: tuple[frozenset[int], ...]
    """For each state that reads a character, the letters that it reads."""
    letters: dict[str, frozenset[int]]
    """The letters that conditions ask for: word characters of Unicode and of ASCII, CR, LF."""
    kinds: tuple[int, ...]
    """For each letter the lowest one that no condition tells apart from it."""

    def start(self) -> Threads:
        """Return the threads before the first character."""
        return NO_LETTER, (self.program.start,)

    def row(self, threads: Threads) -> list[Threads]:
        """Return for each letter the threads after one more character."""
        readers: dict[int, list[int]] = {}
        for kind in set(self.kinds):
            readers[kind] = self._readers(threads, kind)
        return [self._read(readers[kind], letter) for letter, kind in enumerate(self.kinds)]

    def step(self, threads: Threads, letter: int) -> Threads:
        """Return the threads after one more character."""
        return self._read(self._readers(threads, self.kinds[letter]), letter)

    def matches(self, threads: Threads) -> bool:
        """Whether the text that was read is the match."""
        previous, states = threads
        return any(
            isinstance(self.program.states[state], Match) for state in self._closure(states, previous, NO_LETTER)
        )

    def _readers(self, threads: Threads, following: int) -> list[int]:
        """Return the threads that read a character; a match ends the list: what is preferred less cannot match."""
        previous, states = threads
        found = []
        for state in self._closure(states, previous, following):
            if isinstance(self.program.states[state], Match):
                break
            if self.accepting[state]:
                found.append(state)
        return found

    def _read(self, readers: list[int], letter: int) -> Threads:
        states = self.program.states
        following = dict.fromkeys(
            found.target
            for state in readers
            if letter in self.accepting[state] and isinstance(found := states[state], Read)
        )
        return (self.kinds[letter], tuple(following)) if following else NO_THREADS

    def _closure(self, states: tuple[int, ...], previous: int, following: int) -> dict[int, None]:
        """Return the states that are reached without reading, in order of preference."""
        found: dict[int, None] = {}
        stack = list(reversed(states))
        while stack:
            number = stack.pop()
            if number in found:
                continue
            found[number] = None
            state = self.program.states[number]
            if isinstance(state, Choose):
                stack.extend(reversed(state.targets))
            elif isinstance(state, Check) and self._holds(state.assertion, previous, following):
                stack.append(state.target)
        return found

    def _holds(self, assertion: Assertion, previous: int, following: int) -> bool:
        name = "unicode" if assertion.unicode else "ascii"
        return CONDITIONS[assertion.look](Neighbours(self.letters, name, previous, following))


@record
class Neighbours:
    """The letters before and after a place."""

    letters: dict[str, frozenset[int]]
    word: str
    previous: int
    following: int

    def after(self, name: str) -> bool:
        """Whether the place comes after such a character."""
        return self.previous in self.letters[name]

    def before(self, name: str) -> bool:
        """Whether the place comes before such a character."""
        return self.following in self.letters[name]


CONDITIONS: dict[Look, Callable[[Neighbours], bool]] = {
    Look.START: lambda at: at.previous == NO_LETTER,
    Look.END: lambda at: at.following == NO_LETTER,
    Look.START_LINE: lambda at: at.previous == NO_LETTER or at.after("lf"),
    Look.END_LINE: lambda at: at.following == NO_LETTER or at.before("lf"),
    Look.START_LINE_CRLF: lambda at: (
        at.previous == NO_LETTER or at.after("lf") or (at.after("cr") and not at.before("lf"))
    ),
    Look.END_LINE_CRLF: lambda at: (
        at.following == NO_LETTER or at.before("cr") or (at.before("lf") and not at.after("cr"))
    ),
    Look.WORD_BOUNDARY: lambda at: at.after(at.word) != at.before(at.word),
    Look.NOT_WORD_BOUNDARY: lambda at: at.after(at.word) == at.before(at.word),
    Look.WORD_START: lambda at: not at.after(at.word) and at.before(at.word),
    Look.WORD_END: lambda at: at.after(at.word) and not at.before(at.word),
    Look.WORD_START_HALF: lambda at: not at.after(at.word),
    Look.WORD_END_HALF: lambda at: not at.before(at.word),
}


@lru_cache(1024)
def reading(pattern: str) -> Reading:
    """Return how a pattern is read. Raises InvalidPattern and UnsupportedPattern."""
    program = compiled(pattern)
    asked = _asked(program)
    alphabet = Alphabet.of([*classes(program.states), *asked.values()])
    firsts = alphabet.first_codes()

    def members(of: Intervals) -> frozenset[int]:
        return frozenset(letter for letter, code in enumerate(firsts) if contains(of, code))

    by_class = {codes: members(codes) for codes in classes(program.states)}
    accepting = tuple(by_class[state.codes] if isinstance(state, Read) else frozenset() for state in program.states)
    letters = {name: members(codes) for name, codes in asked.items()}
    lowest: dict[tuple[bool, ...], int] = {}
    kinds = tuple(lowest.setdefault(tuple(n in found for found in letters.values()), n) for n in range(alphabet.size))
    return Reading(program, alphabet, accepting, letters, kinds)


def _asked(program: Program) -> dict[str, Intervals]:
    """Return the sets of characters that the conditions of a program ask for."""
    found: dict[str, Intervals] = {}
    for state in program.states:
        if not isinstance(state, Check):
            continue
        look = state.assertion.look
        if look in (Look.START, Look.END):
            continue
        if look in (Look.START_LINE, Look.END_LINE, Look.START_LINE_CRLF, Look.END_LINE_CRLF):
            found |= {"lf": LINE_FEED, "cr": CARRIAGE_RETURN}
        elif state.assertion.unicode:
            found["unicode"] = word()
        else:
            found["ascii"] = NAMED_CLASSES["word"]
    return found
