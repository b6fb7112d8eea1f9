"""`list`, `list --denied`, `diff` and `prove` are certain only where `check` is."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .certainty import DOUBTED, WRITTEN, Made, faults, states

bounded = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
"""The same clusters each time; `bench/certainty.py` asks others."""


@bounded
@given(DOUBTED, st.integers(0, 2**32))
def test_no_verb_is_certain_of_a_call_of_which_check_is_not(made: Made, seed: int) -> None:
    assert list(faults(*states(made), seed)) == []


@bounded
@given(WRITTEN, st.integers(0, 2**32))
def test_no_verb_is_certain_against_check_after_an_edit_of_what_people_wrote(made: Made, seed: int) -> None:
    assert list(faults(*states(made), seed)) == []
