"""What a person sees of traces: whole outputs, and that they fit whatever the spans hold."""

from dataclasses import replace
from datetime import UTC

import click.testing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.printing import show
from localmesh.traces.draw import BAR, Look, bar, duration, in_full, kept, listing, nothing, waterfall
from localmesh.traces.span import PLACE, REASONS, RULE, VERDICT, Status
from localmesh.traces.trace import Trace
from localmesh.traces.view import TracesView

from .values import span

PLAIN = Look(zone=UTC, plain=True)
REFUSED = Trace.of(
    [
        span(1, service="pinger-proxy", start=1_800_000_000_000_000_000, milliseconds=4),
        span(
            2,
            1,
            service="ponger-proxy",
            start=1_800_000_000_001_000_000,
            milliseconds=1,
            attributes={
                "http.status_code": "403",
                VERDICT: "forbidden",
                RULE: "HTTPRoute pingpong/offer",
                PLACE: "/here/routes.yaml:7",
                REASONS: "the first reason (/here/servers.yaml:1)\nthe second",
            },
        ),
        span(3, 1, name="a\x1b[31mb", start=1_800_000_000_002_000_000, status=Status.ERROR, milliseconds=2),
    ]
)


def printed(thing: object) -> str:
    """Return what is printed of a thing."""
    run = click.testing.CliRunner().invoke(click.command()(lambda: show(thing)))  # type: ignore[arg-type]
    assert run.exception is None, run.exception
    return run.output


def test_a_trace_is_drawn_as_a_waterfall_with_what_refused_it() -> None:
    assert printed(waterfall(REFUSED, lambda text: text.replace("/here/", ""), PLAIN)).splitlines() == [
        "trace 00000000000000000000000000000001",
        "2027-01-15 08:00:00, 4.0 ms, 3 spans, refused",
        "",
        "pinger-proxy GET /ping                     ======================   4.0 ms",
        "  ponger-proxy GET /ping                        ======              1.0 ms 403",
        "  ponger a\\x1b[31mb                                   ===========   2.0 ms",
        "",
        "ponger-proxy refused GET /ping: forbidden, by HTTPRoute pingpong/offer (routes.yaml:7)",
        "because   the first reason (servers.yaml:1)",
        "          the second",
    ]


def test_traces_are_listed_a_line_each() -> None:
    fine = Trace.of([span(1, trace=0xABCDEF01 << 96, start=0, attributes={"http.response.status_code": 200})])
    assert printed(listing([fine, REFUSED], PLAIN)).splitlines() == [
        "TIME          TRACE     BEGINS WITH             SPANS  DURATION  STATUS",
        "00:00:00.000  abcdef01  ponger GET /ping            1    1.0 ms  ok 200",
        "08:00:00.000  00000000  pinger-proxy GET /ping      3    4.0 ms  refused",
    ]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 2**64 - 1), st.floats(0, 1e9), st.text(max_size=60), st.integers(0, 20)),
        min_size=1,
        max_size=15,
    )
)
def test_whatever_spans_hold_a_waterfall_is_at_most_80_columns_wide(
    found: list[tuple[int, float, str, int]],
) -> None:
    trace = Trace.of(
        span(number, parent, start=start, milliseconds=took, name=name)
        for number, (start, took, name, parent) in enumerate(found, 1)
    )
    for _, one in trace.tree():
        drawn = bar(trace, one, plain=True)
        assert len(drawn) == BAR
        assert "=" in drawn
    ascii_only = all(name.isascii() and name.isprintable() for _, _, name, _ in found)
    lines = printed(waterfall(trace, str, PLAIN)).splitlines()
    assert not ascii_only or max(map(len, lines)) <= 80


VIEW = TracesView((), kept=0, received=0, forgotten=0, ratio=1.0)


@pytest.mark.parametrize(
    ("view", "filtered", "says"),
    [
        (VIEW, False, "No trace yet."),
        (VIEW, True, "No trace yet."),
        (replace(VIEW, ratio=0.0), False, "LOCALMESH_TRACE_RATIO is 0"),
        (replace(VIEW, ratio=None), False, "OTEL_SDK_DISABLED=true"),
        (replace(VIEW, kept=3), True, "No trace that is kept is such a one. 3 spans are kept in memory."),
    ],
)
def test_where_there_is_no_trace_the_reason_is_told(view: TracesView, filtered: bool, says: str) -> None:
    assert says in nothing(view, filtered=filtered)


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (replace(VIEW, kept=3), "3 spans are kept in memory."),
        (replace(VIEW, kept=3, forgotten=2), "3 spans are kept in memory, 2 older ones are forgotten."),
        (replace(VIEW, page="http://here"), "0 spans are kept in memory. Jaeger shows more: http://here"),
        (replace(VIEW, collector="there"), "0 spans are kept in memory. They are sent to there, too."),
    ],
)
def test_it_is_told_how_many_spans_there_are_and_who_has_more(view: TracesView, says: str) -> None:
    assert kept(view) == says


def test_durations_have_the_unit_that_fits() -> None:
    assert [duration(found) for found in (0, 0.00083, 0.0042, 1.25, 90)] == [
        "0 us",
        "830 us",
        "4.2 ms",
        "1.25 s",
        "90.00 s",
    ]


def test_a_program_gets_all_of_a_trace_with_files_named_as_the_reader_names_them() -> None:
    told = in_full(REFUSED, lambda text: text.replace("/here/", ""))
    assert [(one["depth"], one["service"]) for one in told["spans"]] == [
        (0, "pinger-proxy"),
        (1, "ponger-proxy"),
        (1, "ponger"),
    ]
    assert told["spans"][1]["attributes"][PLACE] == "routes.yaml:7"
    assert (told["status"], told["answer"]) == ("refused", None)
