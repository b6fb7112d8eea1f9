"""The difference of two states: no call that flips is missed, and none is told that does not flip."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ..flips import PAIRS, State, faults


@settings(max_examples=30, deadline=None, phases=[Phase.reuse, Phase.generate], suppress_health_check=list(HealthCheck))
@given(PAIRS, st.integers(0, 2**32))
def test_every_call_that_flips_is_in_a_line_and_every_line_flips(pair: tuple[State, State], seed: int) -> None:
    assert list(faults(*pair, seed)) == []
