"""Rates by edge are those of the requests that ended in the window, and the memory is bounded."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.observe.entry import Entry
from localmesh.observe.parties import Party
from localmesh.observe.traffic import MOST_EDGES, WINDOW, Edge, Traffic

from .values import entry

NOW = 1_000_000.5
DENIED: dict[str, object] = {"status": 403, "upstream": "", "details": "rbac_access_denied_matched_policy[none]"}
KINDS = [entry(), entry(status=503), entry(**DENIED)]
PONGERS = [Party(f"ponger-{number}", "ponger") for number in range(2)]


def edge(destination: Party) -> Edge:
    return Edge(Party("pinger-0", "pinger"), destination, "http", "TLSv1.3")


requests = st.lists(
    st.tuples(st.sampled_from(PONGERS), st.sampled_from(KINDS), st.floats(NOW - WINDOW - 3, NOW)), max_size=40
)


@settings(max_examples=100, deadline=None)
@given(requests, st.integers(1, WINDOW), st.booleans())
def test_rates_are_those_of_the_whole_seconds_of_the_window(
    found: Sequence[tuple[Party, Entry, float]], window: int, by_pod: bool
) -> None:
    traffic = Traffic()
    for party, one, ended in found:
        traffic.add(edge(party), replace(one, ended=ended))
    traffic.tidy(NOW)
    last = int(NOW) - 1
    for view in traffic.rates(NOW, window, by_pod=by_pod):
        mine = [
            one
            for party, one, ended in found
            if view.destination == (party.name if by_pod else party.workload) and last - window <= int(ended) < last
        ]
        admitted = [one for one in mine if not one.refused]
        assert view.rps == len(admitted) / window
        assert view.unauthorized == (len(mine) - len(admitted)) / window
        assert view.success == (sum(one.succeeded for one in admitted) / len(admitted) if admitted else None)
        assert (view.latency_p99 is None) == (not admitted)
    told = {view.destination for view in traffic.rates(NOW, window, by_pod=by_pod)}
    assert told == {
        party.name if by_pod else party.workload for party, _, ended in found if last - window <= int(ended) < last
    }


def test_edges_beyond_the_bound_are_forgotten_the_longest_unused_first() -> None:
    traffic = Traffic()
    one = replace(entry(), ended=NOW - 5)
    for number in range(MOST_EDGES + 10):
        traffic.add(edge(Party(f"p-{number}", f"p-{number}")), one)
        traffic.add(edge(PONGERS[0]), one)
    names = {view.destination for view in traffic.rates(NOW, WINDOW, by_pod=True)}
    assert len(names) == MOST_EDGES
    assert "ponger-0" in names
    assert "p-0" not in names
    assert traffic.forgotten == 11


def test_what_is_older_than_the_window_takes_no_memory() -> None:
    traffic = Traffic()
    traffic.add(edge(PONGERS[0]), replace(entry(), ended=NOW - WINDOW - 5))
    traffic.tidy(NOW)
    assert not traffic._edges  # noqa: SLF001 the memory is what is tested
