"""The sum that the page shows counts every honest call once, by caller, port and route."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.observe.probed import VerifiedView
from localmesh.verify.cell import Cell
from localmesh.verify.probed import verified
from meshverify.cause import Cause
from meshverify.expectation import Expectation
from meshverify.finding import Finding, Outcome

from .test_findings import PINGER, ROUTE, cell

CLIENTS = [
    PINGER,
    replace(PINGER, name="ponger"),
    replace(PINGER, fault="expired"),
    replace(PINGER, headers=(("x", "1"),)),
]
EXPECTED = [Expectation(Cause.ALLOWED, ROUTE), Expectation(Cause.MESH, ROUTE), Expectation(Cause.ROUTE)]
CALLS = st.lists(
    st.tuples(st.sampled_from(CLIENTS), st.sampled_from(EXPECTED), st.sampled_from([*Outcome])), max_size=20
)


def found(calls: list[tuple[Cell, Outcome]]) -> VerifiedView:
    return verified([one for one, _ in calls], [Finding("calls", one.name, o, "", "seen") for one, o in calls], 1.0)


@settings(max_examples=60, deadline=None)
@given(CALLS)
def test_every_honest_call_is_counted_where_it_belongs_and_no_other_is(
    calls: list[tuple[object, Expectation, Outcome]],
) -> None:
    cells = [(cell(expected, str(n), client), o) for n, (client, expected, o) in enumerate(calls)]  # type: ignore[arg-type]
    view = found(cells)
    assert (view.calls, view.different) == (len(cells), sum(outcome is Outcome.FAILED for _, outcome in cells))
    assert len({(one.client, one.server, one.port, one.route) for one in view.probed}) == len(view.probed)
    for one in view.probed:
        here = [
            (each.expected.cause, outcome)
            for each, outcome in cells
            if (each.client.name, each.expected.route) == (one.client, one.route)
            and not each.client.fault
            and not each.client.headers
        ]
        passed = [cause for cause, outcome in here if outcome is Outcome.PASSED]
        assert one.allowed == passed.count(Cause.ALLOWED)
        assert one.refused == len(passed) - one.allowed
        assert len(one.different) == sum(outcome is Outcome.FAILED for _, outcome in here)


def test_it_travels_as_json() -> None:
    view = found([(cell(EXPECTED[0]), Outcome.PASSED), (cell(EXPECTED[1], "2"), Outcome.FAILED)])
    assert view.probed[0].different == ("GET /ping: seen",)
    assert VerifiedView.from_json(view.to_json()) == view


def test_each_call_has_one_finding() -> None:
    with pytest.raises(ValueError, match="zip"):
        verified([cell(EXPECTED[0])], [], 1.0)
