"""What people see, word for word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console, RenderableType

from localmesh import render
from localmesh.views import UNREACHABLE, AccessView, Answer, IngressView, MeshView, Phase, Proof

from .build import pod_view

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def text(what: RenderableType) -> list[str]:
    console = Console(width=200, file=StringIO(), color_system=None)
    console.print(what)
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_pods_are_shown_one_a_line() -> None:
    plain = pod_view("curl-0", identity="", expires="", phase=Phase.UNREADY, restarts=2, sidecar_restarts=1)
    assert text(render.pods([pod_view(), plain], NOW)) == [
        "POD        PHASE       RESTARTS        ADDRESS       IDENTITY           CERTIFICATE",
        "ponger-0   ready       0               127.244.0.2   ponger.pingpong    24 h left",
        "curl-0     not ready   2 (sidecar 1)   127.244.0.2   none: not meshed",
    ]


def test_access_is_shown_one_grant_a_line() -> None:
    line = AccessView("pinger", "ponger", "http", "GET /ping", "AuthorizationPolicy pingpong/pinger-may-ping")
    assert text(render.access([line])) == [
        "WHO MAY CALL  WHOM         WHAT       BY",
        "pinger        ponger:http  GET /ping  AuthorizationPolicy pingpong/pinger-may-ping",
    ]


def test_access_fits_the_terminal_and_no_word_is_cut() -> None:
    grant = ("ponger", "http", "GET /live, GET /ready", "AuthorizationPolicy pingpong/kubelet-may-probe-ponger")
    found = [AccessView(client, *grant) for client in ("pinger", "ponger", "ingress", "node")]
    assert text(render.access(found, 80)) == [
        "WHO MAY CALL    WHOM         WHAT            BY",
        "pinger,         ponger:http  GET /live,      AuthorizationPolicy",
        "  ponger,                      GET /ready      pingpong/kubelet-may-probe-ponger",
        "  ingress,",
        "  node",
    ]


ALLOWED = Answer("pinger", "ponger/ping", "GET /ping", 200, "pong", 0.0042, "allow", "allow", ("one", "two"))


def test_an_answer_shows_the_verdict_and_the_reasons() -> None:
    assert text(render.answer(ALLOWED)) == [
        "pinger -> ponger/ping  GET /ping",
        "answer    200  pong  (4 ms)",
        "verdict   allow",
        "because   one",
        "          two",
    ]


def test_reasons_fit_the_terminal() -> None:
    assert text(render.answer(replace(ALLOWED, reasons=("a reason of a few words", "another one")), 24))[3:] == [
        "because   a reason of a",
        "              few words",
        "          another one",
    ]


def test_an_answer_that_was_not_predicted_says_so_loudly() -> None:
    odd = Answer("unmeshed", "ponger", "GET /", None, "closed", 0.001, "closed", "forbidden", ())
    assert text(render.answer(odd)) == [
        "unmeshed -> ponger  GET /",
        "answer    no answer  closed  (1 ms)",
        "verdict   closed",
        "DISAGREES the manifests predict: forbidden. What runs is not what is written.",
    ]


def test_the_way_in_shows_how_to_trust_it() -> None:
    ingress = IngressView("http://127.0.0.1:8080", "https://127.0.0.1:8443", "/s/authority/ca.crt", ("/", "/rally"))
    assert text(render.ways_in(MeshView({}, (), (), ingress))) == [
        "ingress  http://127.0.0.1:8080  https://127.0.0.1:8443",
        "         curl --cacert /s/authority/ca.crt https://127.0.0.1:8443/rally",
    ]
    assert text(render.ways_in(MeshView({}, (), ()))) == [
        "The manifests have no Gateway: nothing answers on 127.0.0.1."
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.6, "1 s"),
        (119, "119 s"),
        (120, "2 min"),
        (149, "2 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (86_399, "24 h"),
        (84_500, "23 h"),
        (172_800, "2 d"),
    ],
)
def test_a_span_has_the_unit_that_fits(seconds: float, words: str) -> None:
    assert render.words(timedelta(seconds=seconds)) == words


def test_an_ended_certificate_is_called_expired() -> None:
    assert render.remaining((NOW - timedelta(seconds=1)).isoformat(), NOW) == "expired"


def test_clients_that_one_grant_admits_to_the_same_share_a_line() -> None:
    lines = [AccessView(client, "ponger", "http", "GET /ready", "kubelet") for client in ("pinger", "node")]
    assert text(render.access(lines))[1:] == ["pinger, node  ponger:http  GET /ready  kubelet"]


def test_nobody_behind_a_port_is_no_disagreement() -> None:
    odd = Answer("prometheus", "ponger:metrics", "GET /", 502, "", 0.001, "unreachable", "allow", ())
    assert text(render.answer(odd))[-1] == "nobody answers behind this port; see `just logs`"


@pytest.mark.parametrize(
    ("allowed", "verdict", "predicted", "holds", "words"),
    [
        (True, "forbidden", "forbidden", True, ["allowed", "refused"]),
        (False, "forbidden", "forbidden", False, ["FAILED", "refused"]),
        (True, "allow", "allow", False, ["allowed", "allowed"]),
        (True, "allow", "forbidden", False, ["allowed", "allowed"]),
        (True, "closed", "forbidden", False, ["allowed", "FAILED"]),
        (True, UNREACHABLE, "allow", False, ["allowed", "FAILED"]),
    ],
)
def test_a_proof_calls_each_call_what_it_was(
    allowed: bool, verdict: str, predicted: str, holds: bool, words: list[str]
) -> None:
    refused = Answer("unmeshed", "ponger/ping", "GET /ping", 403, "", 0.001, verdict, predicted, ())
    proof = Proof("http://127.0.0.1:8080/rally", "200", allowed, refused)
    shown = [line for line in text(render.summary(MeshView({}, (), ()), proof)) if "  http:" in line or " -> " in line]
    assert ([line.split()[0] for line in shown], proof.holds) == (words, holds)
