"""What becomes of each class of requests is what becomes of the request that stands for it."""

from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.access import accesses
from meshpolicy.analysis.outcomes import Outcomes, Space, patterns_of
from meshpolicy.analysis.patterns import all_paths, meets_lines, meets_path
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.proof import Outcome
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.requests import Cell, Requests
from meshpolicy.analysis.sentence import read_sentence
from meshpolicy.core.client import Arrival, Traffic
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.uri import parse_path
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.request import CONNECT, CONNECTION_HEADERS, Request, unreadable, without_connection_headers

from ..build import ARENA, Manifest, cluster, exact, prefix, route, server
from ..flips import PAIRS, State

SAMPLE = 60
GOOD = (Verdict.ALLOW, Verdict.UNKNOWN)


def _outcomes(state: State) -> Outcomes:
    made = cluster(*state)
    workload = made.workload("arena", "ponger")
    assert workload is not None
    policy = Port(made, workload, 8080).readings[0].policy
    return Outcomes(Space.of(*patterns_of([policy])), policy)


def _faults(outcomes: Outcomes, chance: Random) -> list[Request]:
    """Return requests of some classes that the rules answer otherwise than is said of their class."""
    space, wrong = outcomes.space, []
    cells = list(space.requests.cells())
    for cell in chance.sample(cells, min(SAMPLE, len(cells))):
        request = space.requests.request(cell)
        found = outcomes.allowed(Arrival.MESHED_HTTP, Traffic.HTTP, cell)
        for place in range(space.clients.count):
            client = space.clients.client(place, Arrival.MESHED_HTTP)
            if client.identity:
                verdict = decide(outcomes.policy, client, request, Traffic.HTTP).verdict
                if (verdict in GOOD) != bool(found.possible >> place & 1):
                    wrong.append(request)
    return wrong


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(PAIRS, st.integers(0, 2**32))
def test_each_class_is_answered_as_its_request(pair: tuple[State, State], seed: int) -> None:
    chance = Random(seed)  # noqa: S311 # no secret: classes to ask about
    for state in pair:
        assert _faults(_outcomes(state), chance) == []


@pytest.mark.parametrize("parameter", ["q", "other"])
def test_a_redirect_that_drops_the_query_counts_every_parameter(parameter: str) -> None:
    """The parameter decides about `/` alone; for `/a` it still makes a query, which the redirect takes away (R54)."""
    moved = {
        "type": "RequestRedirect",
        "requestRedirect": {"path": {"type": "ReplaceFullPath", "replaceFullPath": "/a"}},
    }
    looking = exact("/", queryParams=[{"name": parameter, "value": "1"}])
    outcomes = _outcomes([*ARENA, server(accessPolicy="all-unauthenticated"), route({}, looking, filters=[moved])])
    passed, client = set[str](), outcomes.space.clients.client(0, Arrival.PLAIN)
    for cell in outcomes.space.requests.cells():
        request = outcomes.space.requests.request(cell)
        allowed = bool(outcomes.allowed(Arrival.PLAIN, Traffic.HTTP, cell).certain & 1)
        assert allowed == decide(outcomes.policy, client, request, Traffic.HTTP).allowed, request
        passed |= {request.path} if allowed else set()
    assert passed == {"/a"}


@given(st.text(st.sampled_from([*map(chr, range(0x20, 0x7F)), "\x80", "é", "\U0010ffff"]), max_size=6))
def test_the_paths_that_are_looked_at_are_those_that_a_proxy_reads(text: str) -> None:
    """R136; what follows a `?` is the query."""
    path = f"/{text}"
    read = parse_path(path)
    assert all_paths().accepts(path) == (read is not None and read == (path, None) and "#" not in path)


NAMED_HEADERS = st.tuples(
    st.sampled_from([*sorted(CONNECTION_HEADERS), "x"]),
    st.sampled_from(("close", "upgrade", "x", "h2c", "websocket", "h2c, websocket")),
)
SOME_PATHS = ("/", "/a", "/<", "/a<", "/`")
ODD_MATCHES = st.fixed_dictionaries(
    {"path": st.sampled_from([one(path)["path"] for one in (exact, prefix) for path in SOME_PATHS])},
    optional={
        "method": st.sampled_from([CONNECT, "GET"]),
        "headers": st.lists(NAMED_HEADERS, min_size=1, max_size=2, unique_by=lambda one: one[0]).map(
            lambda pairs: [{"name": name, "value": value} for name, value in pairs]
        ),
    },
)
ODD_REQUESTS = st.builds(
    Request,
    st.sampled_from([CONNECT, "GET", "PUT"]),
    st.sampled_from(SOME_PATHS),
    st.lists(NAMED_HEADERS, max_size=3, unique_by=lambda one: one[0]).map(dict),
)


def _class_of(requests: Requests, sent: Request) -> Cell | None:
    """Return the class that meets the same patterns as a request; None: no class does."""
    found = [requests.methods.like(sent.method, str.__eq__), requests.paths.like(sent.path, meets_path), 0]
    for name, axis in requests.headers:
        found.append(axis.like(tuple(sent.headers[name].split(NEXT_LINE)) if name in sent.headers else (), meets_lines))
    cell = tuple(place for place in found if place is not None)
    return cell if len(cell) == len(found) and cell in set(requests.cells()) else None


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(ODD_MATCHES, min_size=1, max_size=3), st.lists(ODD_REQUESTS, max_size=20))
def test_classes_hold_requests_as_a_proxy_looks_at_them(matches: list[Manifest], asked: list[Request]) -> None:
    """R136, R137: none that it refuses unread; and no header that it takes out before it looks for a route."""
    outcomes = _outcomes([*ARENA, server(accessPolicy="all-unauthenticated"), route(*matches)])
    requests, client = outcomes.space.requests, outcomes.space.clients.client(0, Arrival.PLAIN)
    shown = [requests.request(cell) for cell in requests.cells()]
    assert [one for one in shown if unreadable(one, Traffic.HTTP) or without_connection_headers(one) != one] == []
    for traffic, sent in product((Traffic.HTTP, Traffic.HTTP2), (*shown[:SAMPLE], *asked)):
        read = without_connection_headers(sent) if traffic is Traffic.HTTP else sent
        cell = None if unreadable(sent, traffic) else _class_of(requests, read)
        allowed = cell is not None and bool(outcomes.allowed(Arrival.PLAIN, traffic, cell).certain & 1)
        assert allowed == decide(outcomes.policy, client, sent, traffic).allowed, (sent, traffic)


@pytest.mark.parametrize(
    ("match", "asked", "outcome"),
    [
        (exact("/<"), "GET /<", Outcome.UNKNOWN),
        (exact("/a", method=CONNECT), "CONNECT /a", Outcome.UNKNOWN),
        (exact("/a", method=CONNECT), "any request", Outcome.PROVED),
        (exact("/a", headers=[{"name": "keep-alive", "value": "1"}]), "GET /a", Outcome.FALSE),
    ],
)
def test_no_access_is_told_of_requests_that_no_proxy_reads(match: Manifest, asked: str, outcome: Outcome) -> None:
    """R136: a route for nothing else opens nothing; a sentence about nothing else is not decided."""
    found = cluster(*ARENA, server(accessPolicy="all-unauthenticated"), route(match))
    said = read_sentence(f"nobody may {asked} on arena/ponger:http", found.settings)
    assert prove(found, said).outcome is outcome
    workload = found.workload("arena", "ponger")
    assert workload is not None
    listed = [asked.requests for one in accesses(found, [workload]) if one.port == 8080 for asked in one.asked]
    assert any(listed) is (outcome is Outcome.FALSE)
