"""How memory grew, from samples: a line through those that were taken when a process was warm."""

from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.soak import Sample, grown

HOUR = 3600.0


@settings(max_examples=50, deadline=None)
@given(first=st.floats(1, 1000), per_hour=st.floats(-100, 100))
def test_what_grows_evenly_grows_by_that_much_an_hour(first: float, per_hour: float) -> None:
    samples = [Sample(at, {"some": first + per_hour * at / HOUR}) for at in range(0, 3601, 180)]
    (found,) = grown(samples, HOUR)
    assert abs(found.per_hour - per_hour) < 1e-3
    assert abs(found.first - (first + per_hour / 4)) < 1e-3


def test_what_was_taken_while_a_process_warmed_up_does_not_count() -> None:
    samples = [Sample(at, {"some": 10.0 if at < 900 else 50.0}) for at in range(0, 3601, 180)]
    (found,) = grown(samples, HOUR)
    assert (found.first, found.last, round(found.per_hour, 6)) == (50.0, 50.0, 0)


def test_a_process_that_ended_meanwhile_has_no_line() -> None:
    samples = [Sample(at, {"stays": 1.0} | ({"ends": 1.0} if at < 1800 else {})) for at in range(0, 3601, 180)]
    assert [one.name for one in grown(samples, HOUR)] == ["stays"]
