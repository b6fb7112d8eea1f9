"""Observed calls: what was written is read, in every form; what is none is counted, and nothing raises."""

import io
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.errors import ProblemKind
from meshpolicy.traffic.call import CallerKind, ObservedCall, Outcome, Side, Transport
from meshpolicy.traffic.read import Observed, read

from .written import PODS, SENT, Sent, answer, exposition, labels, linkerd_apache, linkerd_json, sidecar, tap

BOUNDED = settings(max_examples=25, deadline=None)


def observed(text: str | bytes, name: str = "traffic.log") -> Observed:
    """Return what one file tells."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read([str(file)])


def only(text: str) -> ObservedCall:
    """Return the one call of a file that holds nothing else."""
    found = observed(text)
    assert (found.problems, found.unused) == ((), ())
    [call] = found.calls
    return call


def prefixed(line: Callable[[Sent], str]) -> Callable[[Sent], str]:
    """Return a writer of lines as `kubectl logs --prefix` shows them."""
    return lambda sent: f"[pod/{sent.pod}/linkerd-proxy] {line(sent)}"


FORMS: dict[str, Callable[[Sent], str]] = {
    "json, absolute": prefixed(lambda sent: linkerd_json(sent, absolute=True)),
    "json, origin": prefixed(lambda sent: linkerd_json(sent, absolute=False)),
    "json, with stamp": lambda sent: f"[pod/{sent.pod}/linkerd-proxy] {sent.stamp} {linkerd_json(sent, absolute=True)}",
    "json, by stern": lambda sent: f"{sent.pod} linkerd-proxy {linkerd_json(sent, absolute=True)}",
    "apache": prefixed(linkerd_apache),
    "tap": tap,
    "sidecar": prefixed(sidecar),
}


@pytest.mark.parametrize("form", FORMS)
@given(sent=SENT)
@BOUNDED
def test_a_request_that_is_written_as_a_line_is_read_as_it_was(form: str, sent: Sent) -> None:
    call = only(FORMS[form](sent))
    told = (call.server.pod, call.client.identity, call.client.address, call.method, call.host, call.path, call.query)
    assert told == (sent.pod, sent.identity, sent.peer, sent.method, sent.host, sent.path, sent.query)
    assert (call.status, call.first, call.last, call.count) == (sent.status, sent.at, sent.at, 1)
    assert call.client.kind is (CallerKind.IDENTITY if sent.identity else CallerKind.UNMESHED)
    assert (call.side, call.http, call.place.line) == (Side.SERVER, True, 1)


@pytest.mark.parametrize("form", FORMS)
@given(sent=SENT)
@BOUNDED
def test_what_is_not_told_for_certain_is_not_allowed_and_not_refused(form: str, sent: Sent) -> None:
    outcome = only(FORMS[form](sent)).outcome
    if form in ("tap", "sidecar"):
        assert outcome is (Outcome.REFUSED if sent.status in (403, 404, 429) else Outcome.ALLOWED)
    else:
        assert outcome is (Outcome.ALLOWED if sent.status < 400 else Outcome.UNKNOWN)


@given(sent=SENT, count=st.integers(1, 10**6))
@BOUNDED
def test_a_series_is_read_as_it_was_in_both_forms(sent: Sent, count: int) -> None:
    text = f"# HELP response_total Total.\n{exposition(sent, count)}\n"
    whole = json.dumps({"status": "success", "data": {"resultType": "vector", "result": [answer(sent, count)]}})
    for found in (observed(text), observed(whole), observed(json.dumps(json.loads(whole), indent=2))):
        assert found.problems == ()
        [call] = found.calls
        server = (call.server.namespace, call.server.pod, call.server.workload, call.server.port, call.server.server)
        assert server == ("shop", sent.pod, "web", 8080, "web-http")
        assert (call.client.identity, call.host, call.status, call.count) == (
            sent.identity, sent.host, sent.status, count,
        )  # fmt: skip
        assert (call.method, call.path) == (None, None)
        assert call.transport is (Transport.MTLS if sent.identity else Transport.PLAIN)


@given(sent=st.lists(SENT, min_size=1, max_size=12), form=st.sampled_from(sorted(FORMS)))
@BOUNDED
def test_calls_that_are_alike_are_counted_as_one_and_none_is_lost(sent: Sequence[Sent], form: str) -> None:
    found = observed("\n".join(FORMS[form](one) for one in sent))
    assert sum(call.count for call in found.calls) == len(sent)
    assert len({call.what for call in found.calls}) == len(found.calls)
    told = Counter((call.server.pod, call.method, call.path) for call in found.calls for _ in range(call.count))
    assert told == Counter((one.pod, one.method, one.path) for one in sent)


LINES = st.one_of(
    st.text(max_size=60),
    st.sampled_from(('{"client.addr"', '{"proxy": "in"}', '{"direction": "inbound"}', '{"status": "success"}', "{}")),
    st.builds(lambda sent, form, at: FORMS[form](sent)[:at], SENT, st.sampled_from(sorted(FORMS)), st.integers(0, 400)),
    st.builds(lambda sent, at: exposition(sent, 1)[:at], SENT, st.integers(0, 500)),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(
                    ("client.addr", "proxy", "direction", "status", "data", "result", "metric", "value", "time", "uri")
                ),
                inner,
                max_size=5,
            ),
        ),
        max_leaves=8,
    ).map(json.dumps),
)


@given(lines=st.lists(LINES, max_size=6), damage=st.binary(max_size=4))
@settings(max_examples=100, deadline=None)
def test_no_text_raises_and_every_line_is_a_call_or_counted_or_a_problem(lines: list[str], damage: bytes) -> None:
    found = observed("\n".join(lines).encode("utf-8", "surrogatepass") + b"\n" + damage)
    assert found.calls or found.unused or found.problems
    assert all(problem.place.file for problem in found.problems)


@given(sent=st.lists(SENT, max_size=5), others=st.lists(st.sampled_from(("hello", "{", '{"a": 1}')), max_size=5))
@BOUNDED
def test_lines_that_are_not_understood_are_told_with_their_number(sent: list[Sent], others: list[str]) -> None:
    found = observed("\n".join([*(tap(one) for one in sent), *others]))
    left_out = [problem for problem in found.problems if problem.kind is ProblemKind.LEFT_OUT]
    assert len(left_out) == (1 if others else 0)
    if others:
        assert left_out[0].place.line == len(sent) + 1
        assert (f"so are {len(others) - 1} more" in left_out[0].message) is (len(others) > 1)
    assert bool(found.unusable) is (not sent)


OWN = "[     0.001929s]  INFO ThreadId(01) linkerd2_proxy: release 2.300.0"
OWN_JSON = '{"timestamp":"[ 0.1s]","level":"INFO","fields":{"message":"x"},"target":"linkerd2_proxy","threadId":"1"}'


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (OWN, "lines of the proxy's own log"),
        (f"[pod/web-1/linkerd-proxy] {OWN}", "lines of the proxy's own log"),
        (OWN_JSON, "lines of the proxy's own log"),
        ('{"dropped": 7}', "7 requests that came too fast for tap"),
        ('request_total{direction="inbound"} 5', "series that count no inbound calls, or count them again"),
        ('response_total{direction="outbound"} 5', "series that count no inbound calls, or count them again"),
        ('response_total{direction="inbound"} 0', "series that have counted nothing"),
    ],
)
def test_what_tells_of_no_call_is_counted_under_what_it_is(text: str, what: str) -> None:
    found = observed(text)
    assert ([(one.what, one.count) for one in found.unused], found.calls, found.problems) == ([(what, 1)], (), ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no observed call: Linkerd's access log"),
        ('{"client.addr":"1.2.3.4:5","client.id":"-","uri":"/","timestamp":"then"}', "`then` is no time of RFC 3339"),
        ('{"client.addr":"1.2.3.4:5","client.id":"-","uri":"a b","timestamp":"2026-01-01T00:00:00Z"}', "is no URI"),
        ('{"proxy":"sideways"}', "`sideways` is neither in nor out"),
        ('{"client.addr":"1.2.3.4:5"', "perhaps it was cut off"),
        ('response_total{direction="inbound"} NaN', "response_total is nan, where a count is expected"),
        ('response_total{direction="inbound",target_port="http"} 1', "the label target_port is `http`"),
        ('{"status":"error","errorType":"bad_data","error":"parse error"}', "the query failed: parse error"),
        (
            '{"status":"success","data":{"result":[{"metric":{"pod":"a"},"value":[1,"2"]}]}}',
            "data.result[0]: it has no name: ask for the series themselves, without sum() or rate()",
        ),
    ],
)
def test_what_is_not_understood_says_why(text: str, says: str) -> None:
    found = observed(text)
    assert found.calls == ()
    assert says in "\n".join(map(str, found.problems))


def test_a_line_of_a_callers_proxy_is_told_apart() -> None:
    fields = json.loads(tap(Sent("web-1", "", "10.0.0.1", "GET", "db:80", "/x", None, 200, 1))) | {"proxy": "out"}
    call = only(json.dumps(fields))
    assert (call.side, call.client.kind, call.client.name) == (Side.CLIENT, CallerKind.WORKLOAD, "web-1")


def test_a_path_as_long_as_the_longest_that_a_sidecar_writes_is_not_told() -> None:
    sent = Sent("web-1", "", "10.0.0.1", "GET", "db:80", "/" + "x" * 2047, None, 200, 1)
    assert only(sidecar(sent)).path is None


def test_a_series_that_another_counts_as_well_is_counted_once() -> None:
    sent = Sent("web-1", PODS[0], "10.0.0.1", "GET", "db:80", "/", None, 200, 1)
    allowed = {name: value for name, value in labels(sent).items() if name not in ("status_code", "authority")}
    again = ",".join(f'{name}="{value}"' for name, value in allowed.items())
    found = observed(f"{exposition(sent, 3)}\ninbound_http_authz_allow_total{{{again}}} 3\n")
    assert [(call.source, call.count) for call in found.calls] == [("response_total", 3)]
    alone = observed(f"inbound_http_authz_allow_total{{{again}}} 3\n")
    assert [(call.source, call.outcome) for call in alone.calls] == [
        ("inbound_http_authz_allow_total", Outcome.ALLOWED)
    ]


def test_a_folder_is_read_with_the_pods_that_its_folders_name(tmp_path: Path) -> None:
    sent = Sent("", "", "127.0.0.9", "GET", "ponger", "/ping", None, 200, 1)
    (tmp_path / "ponger-1").mkdir()
    (tmp_path / "ponger-1" / "access.log").write_text(sidecar(sent))
    (tmp_path / "ponger-1" / "app.key").write_text("no log")
    [call] = read([str(tmp_path)]).calls
    assert call.server.pod == "ponger-1"


def test_all_files_that_cannot_be_read_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = read([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "empty")])
    assert [problem.message.partition(":")[0] for problem in found.problems] == [
        "cannot be read",
        "cannot be read",
        "holds no file that ends in .log, .json, .jsonl, .ndjson, .txt, .prom",
    ]
    assert found.unusable


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = Sent("web-1", "", "10.0.0.1", "GET", "db:80", "/", None, 200, 1)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(tap(sent).encode())))
    [call] = read(["-"]).calls
    assert str(call.place) == "-:1"
