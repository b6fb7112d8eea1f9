"""Whether the match of a pattern spans a value, in time that grows with the value's length and no faster."""

from functools import lru_cache

from meshpolicy.core.regex.threads import NO_THREADS, Threads, reading

KEPT = 10_000
"""Transitions that are kept for each pattern before all are forgotten."""


@lru_cache(8_192)
def spans(pattern: str, value: str) -> bool:
    """Whether the leftmost match of `pattern` covers all of `value`, as the proxy asks (`a|ab` misses `ab`) (R90, R93).

    Raises InvalidPattern and UnsupportedPattern.
    """
    return _walker(pattern).spans(value)


@lru_cache(1024)
def _walker(pattern: str) -> "_Walker":
    return _Walker(pattern)


class _Walker:
    """Steps through values, and remembers the steps."""

    def __init__(self, pattern: str) -> None:
        self.reading = reading(pattern)
        self.steps: dict[tuple[Threads, str], Threads] = {}

    def spans(self, value: str) -> bool:
        threads = self.reading.start()
        for character in value:
            following = self.steps.get((threads, character))
            if following is None:
                following = self._step(threads, character)
            if following == NO_THREADS:
                return False
            threads = following
        return self.reading.matches(threads)

    def _step(self, threads: Threads, character: str) -> Threads:
        if len(self.steps) >= KEPT:
            self.steps.clear()
        following = self.reading.step(threads, self.reading.alphabet.letter(ord(character)))
        self.steps[threads, character] = following
        return following
