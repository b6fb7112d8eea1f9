"""What was not read, in few lines: one for each kind of thing, with the first file and how many more there are."""

from collections.abc import Iterable, Iterator

from meshpolicy.core.errors import Problem

SHOWN = 3
"""Files that a line names."""


def summed(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield one line for each message, with the places that it is about."""
    by_message: dict[str, list[str]] = {}
    for problem in problems:
        by_message.setdefault(problem.message, []).append(str(problem.place))
    for message, places in by_message.items():
        first, *others = dict.fromkeys(places)
        listed = ", ".join(others[: SHOWN - 1]) + (", …" if len(others) >= SHOWN else "")
        yield f"{first}: {message}" + (f" (and {len(others)} more: {listed})" if others else "")
