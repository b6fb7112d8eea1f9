"""What the library answers: the same as the command line, in frozen values that cannot be mistaken for truth values."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

import meshpolicy
from meshpolicy import (
    Change,
    InvalidInput,
    InvalidQuestion,
    Layer,
    Manifests,
    Outcome,
    Ref,
    UnknownWorkload,
    Verdict,
    accesses,
    check,
    diff,
    lint,
    prove,
    read,
)

from ..build import ARENA, Manifest, account, allow, exact, ref, route, server
from ..command import OWN, run, written

PING = "only pingpong/pinger may GET /ping on pingpong/ponger:http"
LIVE = "only pingpong/pinger may GET /live on pingpong/ponger:http"
BAD = server("bad", proxyProtocol="HTTP/3")


@pytest.fixture(scope="module")
def own() -> Manifests:
    """Return the project's own manifests."""
    return read(*OWN)


def arena(folder: Path, *manifests: Manifest, name: str = "arena.yaml") -> Path:
    """Write a small cluster in which `pinger` may GET /a of `ponger`, and what is given besides."""
    rules = [server(), route(exact("/a", method="GET")), allow(account("pinger"), on=ref("HTTPRoute", "route"))]
    return written(folder, name, *ARENA, *rules, *manifests)


def shown(*arguments: str | Path) -> Any:
    """Return what the command line prints as JSON."""
    return json.loads(run(*arguments, "--output", "json")[1])


CALLS = [
    ("pingpong/pinger", "pingpong/ponger:http/ping"),
    ("pingpong/pinger", "pingpong/ponger:http/other"),
    ("unmeshed", "pingpong/ponger:http/ping"),
    ("10.244.0.9", "pingpong/ponger:http/live"),
    ("linkerd-viz/prometheus", "pingpong/ponger:metrics/metrics"),
]


@pytest.mark.parametrize(("client", "server"), CALLS)
def test_check_answers_as_the_command_line_does(client: str, server: str, own: Manifests) -> None:
    said = shown("check", client, server, *OWN)
    answer = check(own, client, server, suggest=True)
    assert (answer.verdict, answer.outcome, answer.layer) == (said["verdict"], said["outcome"], said["layer"])
    assert [(one.text, one.rule) for one in answer.reasons] == [(one["text"], one["rule"]) for one in said["reasons"]]
    assert (answer.curl, str(answer.by or None)) == (said["curl"], str(said["by"]))
    assert (answer.suggestion and answer.suggestion.text) == (said["change"] and said["change"]["text"])


def test_an_allowed_call_names_what_grants_it_and_where_that_is_written(own: Manifests) -> None:
    answer = check(own, "pingpong/pinger", "pingpong/ponger:http/ping")
    assert answer.verdict is Verdict.ALLOW
    assert answer.layer is Layer.SERVER
    assert str(answer.by) == "AuthorizationPolicy pingpong/pinger-may-ping"
    assert str(answer.route) == "HTTPRoute pingpong/ponger-offer"
    place = answer.by.place if answer.by else None
    assert place is not None
    text = (Path(__file__).parents[3] / "mesh/policies/authorizationpolicies.yaml").read_text().splitlines()
    assert (Path(place.file).name, text[place.line - 1]) == (
        "authorizationpolicies.yaml",
        "apiVersion: policy.linkerd.io/v1alpha1",
    )
    assert answer.reasons[-1].rule == "R81"
    assert answer.suggestion is None


def test_what_would_allow_a_refused_call_allows_it(tmp_path: Path) -> None:
    """The suggestion is applied as it is, and the same question asked again."""
    before = read(arena(tmp_path))
    answer = check(before, "rogue", "ponger:http/a", suggest=True)
    assert answer.refused
    assert answer.suggestion is not None
    assert answer.suggestion.exact
    after = read(arena(tmp_path, *map(dict, answer.suggestion.manifests)))
    assert check(after, "rogue", "ponger:http/a").allowed


def test_a_suggestion_is_decided_in_the_same_world(tmp_path: Path) -> None:
    """In a closed one, a policy that refers to what is not here admits nobody, before and after."""
    elsewhere = allow(ref("MeshTLSAuthentication", "anyone", "elsewhere"), name="elsewhere")
    answer = check(read(arena(tmp_path, elsewhere), closed_world=True), "rogue", "ponger:http/a", suggest=True)
    assert answer.suggestion is not None
    assert (answer.suggestion.exact, answer.suggestion.besides) == (True, ())


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_either_allowed_or_refused_or_unknown(verdict: Verdict, own: Manifests) -> None:
    answer = dataclasses.replace(check(own, "unmeshed", "pingpong/ponger:http/ping"), verdict=verdict)
    assert [answer.allowed, answer.refused, answer.unknown].count(True) == 1
    assert answer.unknown is (verdict is Verdict.UNKNOWN)


def test_an_unknown_call_is_not_refused_and_says_what_the_manifests_lack(tmp_path: Path) -> None:
    cluster = [one for one in ARENA if one["kind"] != "Namespace"]
    nets = {"cidr": "203.0.113.0/24"}
    probed = allow(ref("NetworkAuthentication", "net"))
    net = {
        "apiVersion": "policy.linkerd.io/v1alpha1",
        "kind": "NetworkAuthentication",
        "metadata": {"name": "net", "namespace": "arena"},
        "spec": {"networks": [nets]},
    }
    answer = check(read(written(tmp_path, "a.yaml", *cluster, server(), probed, net)), "unmeshed", "ponger:http")
    assert answer.unknown
    assert not answer.refused
    assert "the address of the client decides, and the manifests do not say it" in answer.reasons[-1].text
    assert (answer.by, answer.route) == (None, None)


def test_neither_an_answer_nor_a_proof_is_a_truth_value(own: Manifests) -> None:
    """`assert check(...)` would hold for every call, and `not prove(...)` for what is unknown."""
    with pytest.raises(TypeError, match=r"ask its \.allowed, \.refused or \.unknown"):
        bool(check(own, "unmeshed", "pingpong/ponger:http/ping"))
    with pytest.raises(TypeError, match=r"ask its \.proved or \.refuted"):
        bool(prove(own, PING))


@pytest.mark.parametrize("sentence", [PING, LIVE, "no unmeshed client may GET /ping on pingpong/ponger:http"])
def test_prove_answers_as_the_command_line_does(sentence: str, own: Manifests) -> None:
    [said] = shown("prove", sentence, *OWN)
    proof = prove(own, sentence)
    assert (proof.outcome, proof.vacuous, list(proof.reasons)) == (said["outcome"], said["vacuous"], said["reasons"])
    assert (proof.witness and proof.witness.curl) == (said["witness"] and said["witness"]["curl"])
    assert run("prove", sentence, *OWN)[1] == f"{proof}\n"


def test_a_false_sentence_has_a_witness_that_check_confirms(own: Manifests) -> None:
    proof = prove(own, LIVE)
    assert proof.outcome is Outcome.FALSE
    assert proof.refuted
    assert not proof.proved
    assert proof.witness is not None
    assert proof.server is not None
    target = f"{proof.server.namespace}/{proof.server.name}:{proof.port}{proof.witness.path}"
    answer = check(own, proof.witness.address, target, method=proof.witness.method)
    assert answer.allowed is proof.allowed


def test_accesses_are_those_that_list_shows(own: Manifests) -> None:
    said = shown("list", *OWN)
    found = accesses(own)
    assert [(f"{one.server.namespace}/{one.server.name}", one.port, one.client, one.requests) for one in found] == [
        (one["server"], one["port"], one["client"], one["requests"]) for one in said
    ]
    assert [one.unmeshed for one in found] == [one["unmeshed"] for one in said]
    assert {one.server for one in found} == {ref for ref in own.workloads if ref.namespace == "pingpong"}


def test_diff_says_what_opens_with_a_call_that_check_confirms(tmp_path: Path) -> None:
    more = route(exact("/b", method="POST"), name="more")
    files = arena(tmp_path), arena(tmp_path, more, allow(account("rogue"), name="rogue"), name="new.yaml")
    before, after = map(read, files)
    changes = diff(before, after)
    said = shown("diff", *files)
    assert [(one.change, one.client, one.requests) for one in changes] == [
        (one["change"], one["client"], one["requests"]) for one in said
    ]
    opened = [one for one in changes if one.change is Change.OPENED]
    assert opened
    for one in opened:
        assert one.witness is not None
        call = (one.witness.identity.partition(".")[0], f"{one.server.name}:{one.port}{one.witness.path}")
        assert check(before, *call, method=one.witness.method).refused
        assert check(after, *call, method=one.witness.method).allowed
    assert diff(after, after) == ()


def test_lint_reports_what_a_cluster_would_refuse_and_the_others_do_not_answer(tmp_path: Path) -> None:
    wrong = read(arena(tmp_path, BAD))
    assert [one.code.code for one in lint(wrong) if one.place.field == "spec.proxyProtocol"] == ["MP029"]
    assert str(wrong.problems[0].place).endswith("spec.proxyProtocol")
    for ask in (
        accesses,
        lambda it: check(it, "pinger", "ponger"),
        lambda it: prove(it, PING),
        lambda it: diff(it, it),
    ):
        with pytest.raises(InvalidInput, match=r"spec\.proxyProtocol") as raised:
            ask(wrong)
        assert raised.value.problems == wrong.problems


def test_lint_leaves_out_what_it_is_told_to(tmp_path: Path) -> None:
    wrong = read(arena(tmp_path, BAD))
    assert lint(wrong, ignore=["MP029"]) == tuple(one for one in lint(wrong) if one.code.code != "MP029")
    assert set(lint(wrong)) <= set(lint(wrong, notes=True))
    with pytest.raises(InvalidQuestion, match="ignore MP0O3: no such code; did you mean MP0"):
        lint(wrong, ignore=["MP0O3"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "GET /"}, "a method such as GET is expected"),
        ({"path": "a"}, "a path begins with /"),
        ({"headers": {"x y": "1"}}, "write 'NAME: VALUE'"),
        ({"headers": {"x": "1\r\ny: 2"}}, "in printable ASCII"),
        ({"protocol": "smtp"}, "one of http, http2, grpc, tcp, tls is expected"),
    ],
)
def test_a_request_that_cannot_be_sent_is_no_question(options: dict[str, Any], message: str, own: Manifests) -> None:
    with pytest.raises(InvalidQuestion, match=message):
        check(own, "pingpong/pinger", "pingpong/ponger:http", **options)


def test_headers_reach_the_route(tmp_path: Path) -> None:
    by_header = route(exact("/h", headers=[{"name": "x-a", "value": "1"}]), name="by-header")
    manifests = read(arena(tmp_path, by_header, allow(account("pinger"), on=ref("HTTPRoute", "by-header"), name="h")))
    assert check(manifests, "pinger", "ponger:http/h", headers={"X-A": "1"}).allowed
    assert check(manifests, "pinger", "ponger:http/h", headers={"X-A": "2"}).outcome == "404"


def test_unknown_names_and_sentences_are_told_with_the_nearest(own: Manifests) -> None:
    with pytest.raises(UnknownWorkload, match=r"did you mean .*pinger"):
        check(own, "pingpong/pingr", "pingpong/ponger:http")
    with pytest.raises(InvalidQuestion, match="no sentence that can be proved"):
        prove(own, "all is well")


def exported(kind: type) -> list[type]:
    """Return the library's classes of a kind."""
    found = (getattr(meshpolicy, name) for name in meshpolicy.__all__)
    return [one for one in found if isinstance(one, type) and issubclass(one, kind)]


@pytest.mark.parametrize("kind", [one for one in exported(object) if dataclasses.is_dataclass(one)])
def test_every_value_is_a_frozen_dataclass(kind: Any) -> None:
    value = kind.__new__(kind)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, next(one.name for one in dataclasses.fields(kind)), None)
    assert "__slots__" in vars(kind)
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}(")


@pytest.mark.parametrize("error", exported(Exception))
def test_every_error_has_one_base(error: type) -> None:
    assert issubclass(error, meshpolicy.MeshPolicyError)


def test_what_the_library_exports_is_its_own() -> None:
    assert isinstance(Ref("", "Pod", "a", "b"), meshpolicy.Ref)
    assert set(dir(meshpolicy)) == set(meshpolicy.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'chek'"):
        _ = meshpolicy.chek  # type: ignore[attr-defined]
