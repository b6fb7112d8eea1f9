"""A trace is a tree, whatever spans have come so far."""

from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.traces.span import Status
from localmesh.traces.trace import Trace

from .values import span

NUMBERS = st.integers(1, 12)
SPANS = st.dictionaries(NUMBERS, st.tuples(st.integers(0, 14), st.integers(0, 5)), min_size=1)


@settings(max_examples=100)
@given(SPANS)
def test_every_span_stands_in_the_tree_once_and_below_its_parent(found: dict[int, tuple[int, int]]) -> None:
    trace = Trace.of(span(number, parent, start=start) for number, (parent, start) in found.items())
    tree = list(trace.tree())

    assert sorted(one.span_id for _, one in tree) == sorted(one.span_id for one in trace.spans)
    above: list[str] = []
    for depth, one in tree:
        assert depth <= len(above)
        del above[depth:]
        # What stands above a span is its parent; at depth 0 there is none, or it is not here, or ids form a circle.
        if depth:
            assert above[-1] == one.parent_id
        above.append(one.span_id)


@settings(max_examples=100)
@given(SPANS)
def test_only_spans_without_a_known_parent_or_in_a_circle_stand_at_the_left(
    found: dict[int, tuple[int, int]],
) -> None:
    trace = Trace.of(span(number, parent, start=start) for number, (parent, start) in found.items())
    for depth, one in trace.tree():
        number = int(one.span_id, 16)
        assert depth > 0 or found[number][0] not in found or _in_a_circle(number, found)


def _in_a_circle(number: int, found: dict[int, tuple[int, int]]) -> bool:
    seen: set[int] = set()
    while number in found and number not in seen:
        seen.add(number)
        number = found[number][0]
    return number in found


def test_siblings_stand_in_the_order_in_which_they_began() -> None:
    trace = Trace.of([span(1), span(2, 1, start=30), span(3, 1, start=20), span(4, 3, start=25)])

    assert [(depth, int(one.span_id, 16)) for depth, one in trace.tree()] == [(0, 1), (1, 3), (2, 4), (1, 2)]


def test_a_trace_lasts_from_the_first_start_to_the_last_end_and_fails_with_any_of_its_spans() -> None:
    trace = Trace.of([span(2, 1, start=1_000_000, milliseconds=5), span(1, start=0, milliseconds=2)])
    failed = Trace.of([*trace.spans, span(3, 1, status=Status.ERROR)])

    assert (trace.root.span_id, trace.seconds, trace.failed) == (f"{1:016x}", 0.006, False)
    assert failed.failed


def test_a_trace_deeper_than_pythons_stack_is_a_tree_too() -> None:
    trace = Trace.of(span(number, number - 1) for number in range(1, 3000))

    assert max(depth for depth, _ in trace.tree()) == 2998


def test_a_trace_travels_as_json() -> None:
    trace = Trace.of([span(1, attributes={"http.response.status_code": 403, "a": "b"}), span(2, 1)])

    assert Trace.from_json(trace.to_json()) == trace
