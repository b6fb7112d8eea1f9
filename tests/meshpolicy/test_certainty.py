"""`list`, `list --denied`, `diff` and `prove` are certain only where `check` is."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .certainty import MADE, Made, faults, states


# The same clusters each time; `bench/certainty.py` asks others.
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(MADE, st.integers(0, 2**32))
def test_no_verb_is_certain_of_a_call_of_which_check_is_not(made: Made, seed: int) -> None:
    assert list(faults(*states(made), seed)) == []
