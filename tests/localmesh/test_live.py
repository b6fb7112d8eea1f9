"""The whole of it, on the project's own manifests: who may call whom, as real requests show."""

import json
import re
import signal
import ssl
from dataclasses import replace
from typing import Any

import httpx
import pytest

from localmesh.views import Question

from .commands import Commands

pytestmark = pytest.mark.envoy

FORGED = "pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"


def test_a_rally_goes_through_the_ingress_and_both_sidecars(mesh: Commands) -> None:
    with httpx.Client(trust_env=False) as http:
        answer = http.get(f"http://127.0.0.1:{mesh.port}/rally")
    assert answer.status_code == 200
    assert answer.json()["outcome"] == "ok"


def test_https_is_proved_by_the_authority_that_status_names(mesh: Commands) -> None:
    status: Any = json.loads(mesh.run("status", "--output", "json").out)
    context = ssl.create_default_context(cafile=status["ingress"]["authority"])
    with httpx.Client(trust_env=False, verify=context) as http:
        assert http.get(f"{status['ingress']['secure_url']}/rally").json()["outcome"] == "ok"


def test_both_identities_are_seen_in_the_sidecars_logs(mesh: Commands) -> None:
    mesh.run("ask", "pinger", "ponger/ping")
    assert FORGED in mesh.run("logs", "ponger", "--sidecar").out
    assert FORGED.replace("pinger", "ponger") in mesh.run("logs", "pinger", "--sidecar").out


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("pinger", "ponger/ping"), 200, 0),
        (("pinger", "{two}/ping"), 200, 0),
        (("pinger", "ponger/"), 403, 1),
        (("pinger", "ponger/ping", "--method", "POST"), 403, 1),
        (("pinger", "ponger/ping", "--method", "FOO"), 400, 1),
        (("unmeshed", "ponger/ping", "--method", "FOO"), 400, 1),
        (("pinger", "ponger:metrics/metrics"), 403, 1),
        (("ponger", "pinger/rally"), 403, 1),
        (("{one}", "{two}/ping"), 403, 1),
        (("{one}", "{one}/ping"), 200, 0),
        (("pinger", "pinger/live"), 200, 0),
        (("{one}", "ponger/ping"), 403, 1),
        (("ingress/traefik", "pinger/rally"), 200, 0),
        (("ingress/traefik", "pinger/docs"), 403, 1),
        (("ingress/traefik", "ponger/ping"), 403, 1),
        (("prometheus", "ponger:metrics/metrics"), 200, 0),
        (("prometheus", "pinger:metrics/metrics"), 200, 0),
        (("prometheus", "ponger/ping"), 403, 1),
        (("other/pinger", "ponger/ping"), 403, 1),
        (("node", "ponger/ready"), 200, 0),
        (("node", "ponger/ping"), 403, 1),
        (("unmeshed", "ponger/ping"), 403, 1),
        (("unmeshed", "ponger/ready"), 403, 1),
        (("unmeshed", "pinger/rally"), 403, 1),
        (("unmeshed", "ponger/ping", "--header", f"l5d-client-id: {FORGED}"), 403, 1),
        (("unmeshed", "ponger/ping", "--header", f"x-forwarded-client-cert: DNS={FORGED}"), 403, 1),
        (("unmeshed", "ponger/ready", "--header", "x-forwarded-for: 10.244.0.1"), 403, 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_every_call_ends_as_the_manifests_say(words: tuple[str, ...], status: int, code: int, mesh: Commands) -> None:
    one, two = mesh.pods("ponger")
    outcome = mesh.run("ask", *(word.format(one=one, two=two) for word in words), "--output", "json")
    answer: Any = json.loads(outcome.out)
    assert (answer["status"], outcome.code, answer["agrees"]) == (status, code, True)


PATHS = [
    *(
        "/ping",
        "/../ping",
        "/./ping",
        "/a/../ping",
        "//ping",
        "/%2e/ping",
        "/%2E%2e/ping",
        "/p%69ng",
        "/ping%2f",
        "/ping/",
    ),
    *(
        "/ping;x",
        "/ping?x",
        "/ping?x#f",
        "/ping#f",
        "/ping/..",
        "/PING",
        "/\\ping",
        "/ping\\",
        "/http://ponger/ping",
        "/%00",
    ),
    *(
        "/pi ng",
        "/ping ",
        "/ping\t",
        "/pi\tng",
        "/p\x01",
        "/p\x7f",
        "/p\udcff",
        "/pönger",
        '/"',
        "/{a}",
        "/[b",
        "/a%",
        "/|^`<>",
    ),
    "/ping" + "x" * 66_000,
]


@pytest.mark.parametrize("source", ["pinger", "other/pinger"])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: repr(path[:20]))
def test_a_path_is_sent_and_judged_exactly_as_it_is_written(path: str, source: str, mesh: Commands) -> None:
    answer = mesh.client.ask(Question(source, f"ponger{path}"))
    assert answer.request == f"GET {path}"
    assert answer.agrees, answer
    if answer.status not in (400, 431):
        opened = source == "pinger" and re.split("[?#]", path.strip())[0] == "/ping"
        assert (answer.verdict, answer.line) == (("allow", "pong") if opened else ("forbidden", ""))


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("", "ponger", 400),
        ("*", "ponger", 400),
        ("ping", "ponger", 400),
        ("ponger:8080", "ponger", 400),
        ("http:/ping", "ponger", 400),
        ("ftp://ponger/ping", "ponger", 400),
        ("http://ponger/ping", "evil", 403),
        ("HTTP://evil/ping", "ponger", 403),
        ("https://evil", "ponger", 403),
        ("//evil/ping", "ponger", 403),
        (" /ping", "ponger", 403),
    ],
)
@pytest.mark.parametrize("source", ["unmeshed", "other/pinger"])
def test_a_request_target_of_any_form_is_sent_as_it_is_written(
    target: str, host: str, status: int, source: str, mesh: Commands
) -> None:
    answer = mesh.client.ask(Question(source, "ponger/ignored", headers=(("Host", host),), request_target=target))
    assert (answer.request, answer.status, answer.agrees) == (f"GET {target}", status, True)


def test_a_request_target_that_a_sidecar_would_take_for_a_name_is_refused(mesh: Commands) -> None:
    outcome = mesh.run("ask", "pinger", "ponger", "--request-target", "@evil/ping")
    assert (outcome.code, outcome.out) == (2, "")
    assert "'@evil/ping': pinger-0 sends through its sidecar, which puts http://ponger.pingpong.svc" in outcome.err
    assert mesh.client.ask(Question("pinger", "ponger/ping", request_target="")).status == 403


def test_an_answer_names_the_rule_behind_it(mesh: Commands) -> None:
    assert "AuthorizationPolicy pingpong/pinger-may-ping" in mesh.run("ask", "pinger", "ponger/ping").out


@pytest.mark.parametrize("output", ["text", "json"])
def test_files_are_named_from_the_folder_one_is_in(output: str, mesh: Commands) -> None:
    said = replace(mesh, here=mesh.manifests / "k8s").run("ask", "pinger", "ponger/ping", "--output", output).out
    assert "(../mesh/policies/authorizationpolicies.yaml:2)" in said
    assert str(mesh.manifests) not in said


def test_who_has_read_enough_of_a_log_ends_it_in_silence(mesh: Commands) -> None:
    with mesh.start("logs", "ponger", "--follow") as process:
        assert process.stdout
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=20)
    assert (process.returncode, complaint) == (130, f"From the local mesh of {mesh.manifests}:\n")


def test_an_app_listens_nowhere_but_on_its_sockets(mesh: Commands) -> None:
    for name, process in mesh.processes().items():
        if not name.endswith(("/sidecar", "supervisor")):
            assert [c.laddr for c in process.net_connections("inet") if c.status == "LISTEN"] == [], name


def test_a_sidecar_refuses_whoever_does_not_know_the_secret_of_its_app(mesh: Commands) -> None:
    status: Any = json.loads(mesh.run("status", "--output", "json").out)
    (pinger,) = (pod for pod in status["pods"] if pod["workload"] == "pinger")
    with httpx.Client(proxy=f"http://{pinger['address']}:4140", trust_env=False) as http:
        assert http.get("http://ponger.pingpong.svc.cluster.local/ping").status_code == 407


def test_all_files_are_private(mesh: Commands) -> None:
    loose = [path for path in mesh.state.rglob("*") if path.lstat().st_mode & 0o077 and "app" not in path.parts]
    assert loose == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("ask", "pong", "ponger"), "pong: there is no such pod, workload or ServiceAccount; known are"),
        (("ask", "pinger", "pong"), "pong: there is no such service, workload or pod; known are"),
        (("ask", "pinger", "ponger:99"), "ponger: there is no port 99; its ports are http (80), metrics (9090)"),
        (("ask", "a/b*", "ponger"), "a/b*: there is no such pod, workload or ServiceAccount; known are"),
        (("restart", "ponger?x"), "ponger?x: there is no such workload or pod; known are"),
        (("restart", "../\udcff"), "../?: there is no such workload or pod; known are"),
        (("ask", "pinger", "ponger", "--header", "x"), "header 'x': `NAME: VALUE` is expected"),
        (("logs", "pong"), "pong: there is no such workload or pod; the pods are"),
        (("restart", "pong"), "pong: there is no such workload or pod; known are"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_those_that_are(
    words: tuple[str, ...], complaint: str, mesh: Commands
) -> None:
    outcome = mesh.run(*words)
    assert outcome.code == 2
    assert complaint in outcome.err
    assert "Traceback" not in outcome.err
