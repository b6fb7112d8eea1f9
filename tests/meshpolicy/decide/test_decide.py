"""`judge` and `decide` against an evaluation written anew from the rules' text, on clusters made at random."""

from collections import Counter
from dataclasses import replace
from itertools import product

from hypothesis import HealthCheck, given, settings

from meshpolicy.decide.answer import Answer
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings

from ..brute import expected
from ..build import ask, cluster
from ..worlds import ADDRESSES, CALLS, TRAFFIC, WORLDS, Question, World, manifests

EXAMPLES = 250
"""Clusters; each is asked 20 questions. More of them, 20,000 for one, found no other answer."""
OUTCOMES = {"allow", "403", "404", "closed", "400", "502", "504", "blocked", "unknown", "grpc-7", "grpc-5", "grpc-14"}


def test_the_rules_agree_with_a_brute_force_evaluation() -> None:
    """R9 to R25, R27 to R31, R36, R39 to R41, R45 to R65, R80 to R95, N1 to N12, M2, M3.

    Overlapping Servers of every protocol, routes of both groups and kinds, grants on all targets, opaque and skipped
    ports, both transport modes, and NetworkPolicies at both ends.
    """
    seen: Counter[str] = Counter()

    @given(WORLDS, CALLS)
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def agree(world: World, call: Question) -> None:
        mode = "transparent" if world.transparent else "transport-header"
        found = cluster(*manifests(world), settings=MeshSettings(outbound_transport_mode=mode))
        for client, traffic in product(ADDRESSES, TRAFFIC):
            outside = client == "203.0.113.7"
            question = replace(call, client=client, traffic=traffic, direct=call.direct or outside)
            answer = asked(found, question)
            seen[answer.outcome] += 1
            assert answer.outcome == expected(world, question), (question, answer.reasons)

    agree()
    assert set(seen) >= OUTCOMES, seen


def asked(found: Cluster, question: Question) -> Answer:
    """Return what the package says."""
    server = f"arena/ponger:{question.port}{question.path}"
    sent = {} if question.traffic == "grpc" else {"method": question.method}
    headers = dict(question.headers)
    return ask(found, question.client, server, question.traffic, direct=question.direct, headers=headers, **sent)
