"""Random worlds in blocks that are made from one seed each, so that a long run can be taken up and told in parts."""

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st


def blocks(total: int, start: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the seed of each block, from `start` on, with how many worlds it has; the last may be smaller."""
    for number, done in enumerate(range(0, total, size)):
        yield start + number, min(size, total - done)


def ask_each(made: st.SearchStrategy[Any], count: int, start: int, ask: Callable[[Any, int], None]) -> None:
    """Ask about so many worlds made from a seed, each with a number for what else is chosen by chance."""

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(made, st.integers(0, 2**32))
    def run(world: Any, chance: int) -> None:
        ask(world, chance)

    run()
