"""The seven tenets of NIST SP 800-207 (section 2.1), and the facts of the evidence that bear on each. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from meshup.evidence.document import Document

TENETS = {
    1: "every data source and computing service is a resource",
    2: "all communication is secured, wherever it comes from",
    3: "access to a resource is granted for each session",
    4: "access follows from a policy that looks at identity, service and request",
    5: "the integrity and posture of all assets is monitored",
    6: "authentication and authorization are enforced before access is allowed",
    7: "as much as possible is collected about the state of assets and communication",
}
DAY = timedelta(hours=24)
ENCRYPTED = "every call of pingpong is encrypted"
UNMESHED = "no unmeshed client may connect on pingpong/*"
BY_REQUEST = "nobody may any method (not GET) /* on pingpong/ponger:http"
SCRAPES = tuple(
    f"only linkerd-viz/prometheus may any request on pingpong/{name}:metrics" for name in ("pinger", "ponger")
)


class Outcome(StrEnum):
    """Whether a fact is as it must be."""

    HOLDS = "holds"
    FAILS = "fails"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: the tenet that it bears on, in words, how it is, and the document that shows it."""

    tenet: int
    statement: str
    outcome: Outcome
    found: str
    document: str


Found = tuple[bool | None, str]
"""Whether a fact is as it must be, and what was found; None: the document does not say."""


def facts(documents: Iterable[Document], now: datetime) -> list[Fact]:
    """Return the facts of all tenets, in order; what a document lacks is `not run`, never `holds`."""
    named = {document.name: document for document in documents}
    return [_judge(tenet, statement, named[name], look) for tenet, statement, name, look in _questions(now)]


def failed(found: Iterable[Fact]) -> list[Fact]:
    """Return the facts that are not as they must be."""
    return [fact for fact in found if fact.outcome is Outcome.FAILS]


def _judge(tenet: int, statement: str, document: Document, look: Callable[[Any], Found]) -> Fact:
    if document.not_run:
        return Fact(tenet, statement, Outcome.NOT_RUN, document.not_run, document.name)
    good, found = look(document.result)
    outcome = Outcome.NOT_RUN if good is None else Outcome.HOLDS if good else Outcome.FAILS
    return Fact(tenet, statement, outcome, found, document.name)


def _questions(now: datetime) -> Iterator[tuple[int, str, str, Callable[[Any], Found]]]:
    """Yield what each tenet asks of which document."""
    yield 1, "every port of every workload is governed by a Server", "inventory", _governed
    yield 1, "every workload has an account of its own", "inventory", _own_accounts
    for sentence in (ENCRYPTED, UNMESHED):
        yield 2, sentence, "proofs", _proved(sentence)
    yield 3, "a request is judged, not a connection: " + BY_REQUEST, "proofs", _proved(BY_REQUEST)
    yield 3, "every certificate ends within 24 hours", "status", lambda pods: _short_lived(pods, now)
    yield 4, "every grant is an AuthorizationPolicy's, and none is unknown", "access", _granted
    yield 5, "lint finds no mistake", "findings", _nothing
    yield 5, "every image and file of definitions is pinned by digest, but those that charts name", "versions", _pinned
    yield 5, "every pod that runs has an identity", "status", _identified
    yield 6, "every sentence of tests/proofs.yaml is proved", "proofs", _all_proved
    yield 6, "every call on the running mesh ended as expected, each refusal for its cause", "verification", _verified
    for sentence in SCRAPES:
        yield 7, "metrics are collected: " + sentence, "proofs", _proved(sentence)


def _governed(workloads: list[Mapping[str, Any]]) -> Found:
    ports = [(entry["workload"], port) for entry in workloads for port in entry["ports"]]
    open_ports = [f"{workload}:{port['number']}" for workload, port in ports if not port["server"]]
    return not open_ports and bool(ports), f"{len(ports)} ports; without a Server: {', '.join(open_ports) or 'none'}"


def _own_accounts(workloads: list[Mapping[str, Any]]) -> Found:
    accounts = [entry["account"] for entry in workloads]
    shared = sorted({name for name in accounts if accounts.count(name) > 1 or name.endswith("/default")})
    return not shared and bool(accounts), f"{len(accounts)} workloads; shared: {', '.join(shared) or 'none'}"


def _proved(sentence: str) -> Callable[[list[Mapping[str, Any]]], Found]:
    def look(proofs: list[Mapping[str, Any]]) -> Found:
        outcomes = [proof["outcome"] for proof in proofs if proof["sentence"] == sentence]
        return outcomes == ["proved"], ", ".join(outcomes) or "this sentence is not among the proofs"

    return look


def _all_proved(proofs: list[Mapping[str, Any]]) -> Found:
    others = [proof["sentence"] for proof in proofs if proof["outcome"] != "proved"]
    return not others and bool(proofs), f"{len(proofs)} sentences; not proved: {'; '.join(others) or 'none'}"


def _granted(accesses: list[Mapping[str, Any]]) -> Found:
    others = [
        f"{one['client']} -> {one['server']}:{one['port']} by {one['by']}"
        for one in accesses
        if not str(one["by"]).startswith("AuthorizationPolicy ") or one["unknown"]
    ]
    return not others and bool(accesses), f"{len(accesses)} grants; others: {'; '.join(others) or 'none'}"


def _nothing(findings: list[Mapping[str, Any]]) -> Found:
    counted = [str(finding["code"]) for finding in findings if finding["severity"] != "note"]
    return not counted, f"findings: {', '.join(counted) or 'none'}"


def _pinned(versions: Mapping[str, Any]) -> Found:
    needed = [pin for pin in versions["cluster"] if pin["kind"] in ("image", "crds") and pin["name"] != "prometheus"]
    bare = [str(pin["name"]) for pin in needed if not pin["digest"]]
    return not bare and bool(needed), f"{len(needed)} pinned by digest; without: {', '.join(bare) or 'none'}"


def _pods(status: Any) -> list[Mapping[str, Any]]:
    """Return the pods of a status: the local mesh tells more than its pods."""
    pods: list[Mapping[str, Any]] = status["pods"] if isinstance(status, dict) else status
    return pods


def _identified(status: Any) -> Found:
    pods = _pods(status)
    bare = [str(pod["name"]) for pod in pods if not (pod.get("identity") or pod.get("meshed"))]
    return not bare and bool(pods), f"{len(pods)} pods; without an identity: {', '.join(bare) or 'none'}"


def _short_lived(status: Any, now: datetime) -> Found:
    ends = {
        str(pod["name"]): datetime.fromisoformat(str(pod["expires"])) for pod in _pods(status) if pod.get("expires")
    }
    if not ends:
        return None, "this backend's status does not tell when certificates end"
    wrong = sorted(name for name, end in ends.items() if not now < end <= now + DAY)
    return not wrong, f"{len(ends)} certificates; longer, or ended: {', '.join(wrong) or 'none'}"


def _verified(findings: list[Mapping[str, Any]]) -> Found:
    outcomes = [str(finding["outcome"]) for finding in findings]
    passed, skipped = outcomes.count("passed"), outcomes.count("skipped")
    wrong = [str(finding["name"]) for finding in findings if finding["outcome"] == "failed"]
    unknown = outcomes.count("unknown")
    found = f"{passed} passed, {len(wrong)} failed, {skipped} skipped, {unknown} unknown"
    if wrong or not passed:
        return False, f"{found}: {'; '.join(wrong)}" if wrong else found
    # A call that was left out, or of which nothing is known, did not end as expected.
    return None if skipped or unknown else True, found
