"""What becomes of each class of requests is what becomes of the request that stands for it."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.calls import Port
from meshpolicy.analysis.outcomes import Outcomes, Space, patterns_of
from meshpolicy.core.client import Arrival, Traffic
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.routing import Request

from ..build import ARENA, cluster, exact, route, server
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
