"""The store keeps the latest spans, and never more than it may."""

from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.traces.span import Span
from localmesh.traces.store import MOST_IN_A_TRACE, TraceStore

from .values import span

SENT = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(0, 40)), max_size=40)
MOST_SPANS, MOST_BYTES = 6, 100


@settings(max_examples=100)
@given(SENT)
def test_what_is_kept_is_what_a_plain_list_would_keep(sent: list[tuple[int, int, int]]) -> None:
    store = TraceStore(MOST_SPANS, MOST_BYTES)
    plain: list[Span] = []
    for trace, number, size in sent:
        found = span(number, trace=trace, size=size)
        store.add([found])
        plain = _room([one for one in plain if (one.trace_id, one.span_id) != (found.trace_id, found.span_id)], found)

        kept = [one for trace_kept in store.latest() for one in trace_kept.spans]
        assert sorted(map(repr, kept)) == sorted(map(repr, plain))
        assert (store.spans, store.bytes) == (len(plain), sum(one.size for one in plain))
        assert store.spans <= MOST_SPANS
        assert store.bytes <= MOST_BYTES
    assert store.received == len(sent)


def _room(plain: list[Span], new: Span) -> list[Span]:
    """Add a span, and leave out whole traces, that whose last span came first, until there is room."""
    # The order of a plain list: spans of a trace that got one move to the end with it.
    plain = [one for one in plain if one.trace_id != new.trace_id] + [
        one for one in plain if one.trace_id == new.trace_id
    ]
    plain.append(new)
    while plain and (len(plain) > MOST_SPANS or sum(one.size for one in plain) > MOST_BYTES):
        plain = [one for one in plain if one.trace_id != plain[0].trace_id]
    return plain


def test_a_trace_without_an_end_does_not_push_out_the_others() -> None:
    store = TraceStore()
    store.add([span(1, trace=2)])
    store.add(span(number, trace=1) for number in range(1, 2 * MOST_IN_A_TRACE))

    assert store.spans == MOST_IN_A_TRACE + 1
    assert store.forgotten == MOST_IN_A_TRACE - 1
    assert [len(trace.spans) for trace in store.find("")] == [1, MOST_IN_A_TRACE]


def test_the_trace_that_began_last_comes_first() -> None:
    store = TraceStore()
    store.add([span(1, trace=7, start=2), span(1, trace=8, start=3), span(2, trace=7, start=9)])

    assert [trace.trace_id for trace in store.latest()] == [f"{8:032x}", f"{7:032x}"]


def test_a_trace_is_found_by_the_beginning_of_its_id() -> None:
    store = TraceStore()
    store.add([span(1, trace=0xAB << 120), span(1, trace=0xAC << 120)])

    assert [len(store.find(prefix)) for prefix in ("a", "AB", "ad", "")] == [2, 1, 0, 2]


def test_a_span_is_not_replaced_by_one_of_another_pod_with_the_same_id() -> None:
    store = TraceStore()
    store.add([span(1, 1, pod="pinger-0"), span(1, 1, pod="ponger-0")])
    (trace,) = store.latest()
    assert sorted(one.pod for one in trace.spans) == ["pinger-0", "ponger-0"]
