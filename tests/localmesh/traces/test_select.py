"""Which traces a person gets to see."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.traces.select import Wanted
from localmesh.traces.span import VERDICT, Status
from localmesh.traces.trace import Trace

from .values import span

FINE = Trace.of([span(1, trace=1, service="ponger", name="GET /ping", start=10, milliseconds=2)])
FAILED = Trace.of([span(1, trace=2, service="pinger", start=20), span(2, 1, trace=2, status=Status.ERROR, start=20)])
REFUSED = Trace.of([span(1, trace=3, service="ponger-proxy", name="GET /Ping", attributes={VERDICT: "forbidden"})])
ALL = (FINE, FAILED, REFUSED)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ALL),
        (Wanted(limit=2), (FINE, FAILED)),
        (Wanted(errors=True), (FAILED, REFUSED)),
        (Wanted(errors=True, limit=1), (FAILED,)),
        (Wanted(service="ponger"), (FINE, FAILED)),
        (Wanted(service="ponger-0"), ALL),
        (Wanted(service="pong"), ()),
        (Wanted(name="/ping"), ALL),
        (Wanted(name="Ping", service="ponger-proxy"), (REFUSED,)),
        (Wanted(longer=0.002), (FINE,)),
        (Wanted(since=11), (FAILED,)),
    ],
)
def test_a_trace_is_shown_if_all_that_is_wanted_holds_for_it(wanted: Wanted, found: tuple[Trace, ...]) -> None:
    assert wanted.select(ALL) == found


@settings(max_examples=50)
@given(st.integers(1, 3), st.booleans(), st.sampled_from(["", "ponger", "pinger"]), st.integers(0, 30))
def test_more_demands_never_show_more(limit: int, errors: bool, service: str, since: int) -> None:
    some = Wanted(limit=5000, service=service).select(ALL)
    fewer = Wanted(limit=limit, errors=errors, service=service, since=since).select(ALL)
    assert set(map(id, fewer)) <= set(map(id, some))
    assert len(fewer) <= limit
