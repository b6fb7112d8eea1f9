"""What was seen, held against what the manifests say: verdict, route, grant and identity must all be the same."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from localmesh.observe.entry import Entry, from_line
from localmesh.verify.cell import Cell, Seen
from localmesh.verify.clients import VerifyClient
from localmesh.verify.findings import NO_LINE, judged, tricks_judged
from localmesh.verify.servers import VerifyServer
from localmesh.verify.tricks import Attempt, Played
from meshpolicy.core.policy import PortPolicy, Protocol, RateLimit
from meshpolicy.core.ref import Ref
from meshpolicy.decide.request import Request
from meshverify.cause import Cause
from meshverify.expectation import Expectation
from meshverify.finding import Outcome
from meshverify.tricks.trick import Trick

SERVER = Ref("policy.linkerd.io", "Server", "pingpong", "ponger-http")
POLICY = PortPolicy(Ref("apps", "Deployment", "pingpong", "ponger"), 8080, SERVER, Protocol.HTTP1)
PONGER = VerifyServer("ponger-0", "ponger", "http", 8080, IPv4Address("127.244.0.3"), "ponger.id", POLICY)
PINGER = VerifyClient("pinger", IPv4Address("127.244.0.2"), "pinger.id", tls=True)
ROUTE, GRANT = "HTTPRoute pingpong/ponger-offer", "AuthorizationPolicy pingpong/pinger-may-ping"
ALLOWED = Expectation(Cause.ALLOWED, ROUTE, (GRANT,))
REFUSED = Expectation(Cause.MESH, ROUTE)
LINE = '{"direction":"inbound","time":"2026-01-01T00:00:00.000Z","milliseconds":1,"port":8080,"method":"GET",'


def entry(route: str = ROUTE, grant: str = "", identity: str = "pinger.id") -> Entry:
    found = from_line("ponger-0", f'{LINE}"route":"{route}","authorization":"{grant}","identity":"{identity}"}}')
    assert found is not None
    return found


def cell(expected: Expectation, trace: str = "1", client: VerifyClient = PINGER) -> Cell:
    return Cell(client, PONGER, Request("GET", "/ping", {}, PONGER.authority), expected, trace)


LET_PASS = Seen(Cause.ALLOWED, "200", 200, entry(grant=GRANT))
DENIED = Seen(Cause.MESH, "403", 403, entry())


@pytest.mark.parametrize(
    ("expected", "seen", "outcome", "hint"),
    [
        (ALLOWED, LET_PASS, Outcome.PASSED, ""),
        (REFUSED, DENIED, Outcome.PASSED, ""),
        (ALLOWED, DENIED, Outcome.FAILED, "refuses what the manifests allow"),
        (REFUSED, LET_PASS, Outcome.FAILED, "allows what the manifests refuse"),
        (ALLOWED, Seen(Cause.ALLOWED, "200", 200), Outcome.FAILED, NO_LINE),
        (ALLOWED, Seen(Cause.ALLOWED, "200", 200, entry("other", GRANT)), Outcome.FAILED, "decided on other"),
        (ALLOWED, Seen(Cause.ALLOWED, "200", 200, entry(grant="other")), Outcome.FAILED, "admitted by other"),
        (ALLOWED, Seen(Cause.ALLOWED, "200", 200, entry(grant=GRANT, identity="x")), Outcome.FAILED, "identity x"),
        (REFUSED, Seen(Cause.MESH, "403", 403, entry("other")), Outcome.FAILED, "decided on other"),
        (REFUSED, Seen(Cause.ROUTE, "404", 404, entry("")), Outcome.FAILED, "expected refused by the mesh's policy"),
        (Expectation(Cause.UNKNOWN, reasons=("why",)), LET_PASS, Outcome.UNKNOWN, ""),
    ],
)
def test_a_live_answer_agrees_only_if_all_that_decided_it_agrees(
    expected: Expectation, seen: Seen, outcome: Outcome, hint: str
) -> None:
    control = cell(ALLOWED, "control")
    _, found = judged([control, cell(expected)], {"control": LET_PASS, "1": seen})
    assert (found.outcome, hint in found.hint) == (outcome, True), found


def test_a_refusal_counts_only_beside_a_call_that_passes() -> None:
    cells = [cell(ALLOWED, "1"), cell(REFUSED, "2")]
    dead = Seen(Cause.BROKEN, "connection refused")
    assert [one.outcome for one in judged(cells, {"1": dead, "2": DENIED})] == [Outcome.FAILED, Outcome.FAILED]
    assert [one.outcome for one in judged(cells, {"1": LET_PASS, "2": DENIED})] == [Outcome.PASSED, Outcome.PASSED]
    assert judged([cell(REFUSED)], {"1": DENIED})[0].outcome is Outcome.PASSED, "where nobody may call, none can pass"


@pytest.mark.parametrize(("expected", "outcome"), [(ALLOWED, Outcome.SKIPPED), (REFUSED, Outcome.FAILED)])
def test_a_429_is_no_answer_to_an_allowed_call_and_proves_that_a_refused_one_passed_the_policy(
    expected: Expectation, outcome: Outcome
) -> None:
    limited = replace(PONGER, policy=replace(POLICY, rate_limit=RateLimit(SERVER, total=1)))
    cells = [cell(ALLOWED, "control"), replace(cell(expected), server=limited)]
    seen = {"control": LET_PASS, "1": Seen(Cause.LIMITED, "429", 429, entry())}
    assert judged(cells, seen)[1].outcome is outcome


def attempt(*expected: Expectation, may_refuse: bool = False) -> Attempt:
    trick = Trick("framing", "a trick", "GET /ping HTTP/1.1\r\n\r\n", (), "RFC 9112")
    return Attempt("framing", "a trick", cell(ALLOWED), expected, may_refuse, "untraced", trick)


MALFORMED = Seen(Cause.MALFORMED, "400", 400)


@pytest.mark.parametrize(
    ("found", "played", "hint"),
    [
        (attempt(ALLOWED), Played((LET_PASS,), (LET_PASS,)), None),
        (attempt(ALLOWED, REFUSED), Played((LET_PASS, DENIED), (LET_PASS,)), None),
        (attempt(Expectation(Cause.MALFORMED)), Played((MALFORMED,)), None),
        (attempt(ALLOWED, may_refuse=True), Played((MALFORMED,)), None),
        (attempt(ALLOWED), Played((MALFORMED,)), "expected allowed"),
        (attempt(Expectation(Cause.MALFORMED)), Played((LET_PASS,)), "expected not accepted as a request"),
        (attempt(ALLOWED), Played((LET_PASS,), (DENIED,)), "the answer to a hidden one"),
        (attempt(ALLOWED), Played((LET_PASS,), (LET_PASS, LET_PASS)), "a hidden request was read"),
        (attempt(Expectation(Cause.MALFORMED)), Played((MALFORMED,), (LET_PASS, LET_PASS)), "a hidden request"),
    ],
)
def test_a_trick_passes_if_it_is_read_as_it_must_be_and_hides_no_request(
    found: Attempt, played: Played, hint: str | None
) -> None:
    (finding,) = tricks_judged([found], {"untraced": played})
    assert finding.outcome is (Outcome.PASSED if hint is None else Outcome.FAILED), finding
    assert (hint or "") in finding.hint
