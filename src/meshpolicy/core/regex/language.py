"""The texts that the match of a pattern spans, as an automaton."""

from functools import lru_cache

from meshpolicy.core.automaton import Automaton
from meshpolicy.core.machine import explore, smallest
from meshpolicy.core.regex.threads import Threads, reading

TRANSITION_LIMIT = 150_000
"""A list of threads costs more than a pair of states: about a second or two of work."""


@lru_cache(1024)
def language(pattern: str) -> Automaton:
    """Return the set of the texts that the leftmost match of `pattern` covers all of (R90, R93).

    Raises InvalidPattern, UnsupportedPattern and TooLarge.
    """
    read = reading(pattern)

    def output(threads: Threads) -> int:
        return int(read.matches(threads))

    return Automaton(smallest(explore(read.alphabet, read.start(), read.row, output, TRANSITION_LIMIT)))
