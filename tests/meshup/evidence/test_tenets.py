"""A fact holds only where its document shows it; what was not run is never taken for shown."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from meshup.evidence.document import Document
from meshup.evidence.tenets import BY_REQUEST, ENCRYPTED, SCRAPES, TENETS, UNMESHED, Outcome, facts, failed

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SOUND: dict[str, Any] = {
    "inventory": [
        {"workload": "Deployment a/b", "account": "a/b", "ports": [{"number": 80, "server": "Server a/s"}]},
        {"workload": "Deployment a/c", "account": "a/c", "ports": []},
    ],
    "proofs": [{"sentence": sentence, "outcome": "proved"} for sentence in (ENCRYPTED, UNMESHED, BY_REQUEST, *SCRAPES)],
    "access": [{"client": "a/c", "server": "a/b", "port": 80, "by": "AuthorizationPolicy a/p", "unknown": None}],
    "findings": [{"code": "MP035", "severity": "note"}],
    "versions": {"cluster": [{"name": "node", "kind": "image", "digest": "sha256:1"}]},
    "status": {"pods": [{"name": "b-0", "identity": "b.a", "expires": "2026-11-28T11:00:00+00:00"}]},
    "verification": [{"name": "x", "outcome": "passed"}, {"name": "y", "outcome": "passed"}],
}


def judged(results: dict[str, Any]) -> dict[str, Outcome]:
    """Return the outcome of every statement."""
    documents = [Document(name, "", result) for name, result in results.items()]
    return {fact.statement: fact.outcome for fact in facts(documents, NOW)}


def changed(name: str, *path: Any, to: Any) -> dict[str, Any]:
    """Return the sound results with one value replaced."""
    results = copy.deepcopy(SOUND)
    place: Any = results[name]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return results


def test_every_tenet_has_a_fact_and_all_hold_in_sound_evidence() -> None:
    found = facts([Document(name, "", result) for name, result in SOUND.items()], NOW)
    assert {fact.tenet for fact in found} == set(TENETS)
    assert {fact.outcome for fact in found} == {Outcome.HOLDS}


@pytest.mark.parametrize("name", SOUND)
def test_what_was_not_run_is_said_with_its_reason_and_is_no_failure(name: str) -> None:
    documents = [Document(one, "", None if one == name else result) for one, result in SOUND.items()]
    documents = [Document(name, "", not_run="why") if one.name == name else one for one in documents]
    found = facts(documents, NOW)
    assert {fact.outcome for fact in found if fact.document == name} == {Outcome.NOT_RUN}
    assert {fact.found for fact in found if fact.document == name} == {"why"}
    assert failed(found) == []


@pytest.mark.parametrize("name", ["inventory", "proofs", "access", "verification"])
def test_an_empty_result_shows_nothing(name: str) -> None:
    assert Outcome.FAILS in judged({**SOUND, name: []}).values()


WRONG = {
    "an open port": changed("inventory", 0, "ports", 0, "server", to=""),
    "a shared account": changed("inventory", 1, "account", to="a/b"),
    "the account default": changed("inventory", 1, "account", to="a/default"),
    "a false sentence": changed("proofs", 0, "outcome", to="false"),
    "an unknown sentence": changed("proofs", 1, "outcome", to="unknown"),
    "another sentence": changed("proofs", 3, "sentence", to="nobody may any request on a/b:http"),
    "a default's grant": changed("access", 0, "by", to="the default policy"),
    "an unknown grant": changed("access", 0, "unknown", to="a label"),
    "a warning": changed("findings", 0, "severity", to="warning"),
    "a bare tag": changed("versions", "cluster", 0, "digest", to=""),
    "a pod without identity": changed("status", "pods", 0, "identity", to=""),
    "a certificate of two days": changed("status", "pods", 0, "expires", to="2026-11-29T12:00:00+00:00"),
    "a certificate that has ended": changed("status", "pods", 0, "expires", to="2026-11-27T11:00:00+00:00"),
    "a failed call": changed("verification", 1, "outcome", to="failed"),
    "nothing verified": {**SOUND, "verification": [{"name": "x", "outcome": "skipped"}]},
}


@pytest.mark.parametrize("results", WRONG.values(), ids=WRONG)
def test_one_wrong_value_fails_a_fact(results: dict[str, Any]) -> None:
    assert Outcome.FAILS in judged(results).values()


def test_a_cluster_that_does_not_tell_when_certificates_end_leaves_that_open() -> None:
    pods = [{"name": "b-0", "meshed": True}]
    outcomes = judged({**SOUND, "status": pods})
    assert outcomes["every certificate ends within 24 hours"] is Outcome.NOT_RUN
    assert outcomes["every pod that runs has an identity"] is Outcome.HOLDS


@pytest.mark.parametrize("outcome", ["skipped", "unknown"])
def test_a_call_that_was_skipped_or_is_unknown_leaves_open_whether_every_call_ended_as_expected(outcome: str) -> None:
    results = changed("verification", 1, "outcome", to=outcome)
    (found,) = [
        fact
        for fact in facts([Document(name, "", result) for name, result in results.items()], NOW)
        if fact.document == "verification"
    ]
    assert (found.outcome, f"1 passed, 0 failed, {outcome == 'skipped':d} skipped" in found.found) == (
        Outcome.NOT_RUN,
        True,
    )
