"""What a container runs, and what it finds in its environment."""

import sys
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from localmesh.pods.programs import NoProgram, app, resolve, unknown_fields
from localmesh.pods.spans import Receiver, SpanExport
from localmesh.state import StateFolder
from meshpolicy.kinds.container import Variable

from ..build import container, pod

ENVIRON = {"PATH": "/usr/bin:/bin", "HOME": "/home/me", "AWS_SECRET_ACCESS_KEY": "s3cret", "PYTHONPATH": "/x"}
FOLDER = StateFolder(Path("/state"))


def test_a_program_beside_the_interpreter_is_found_first() -> None:
    found = resolve(container(command=("pingpong",), args=("-v",)), ENVIRON)
    assert found == (str(Path(sys.executable).parent / "pingpong"), "-v")


def test_any_program_on_the_path_will_do() -> None:
    assert Path(resolve(container(command=("sleep", "1")), ENVIRON)[0]).name == "sleep"


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ((), "has no `command`"),
        (("no-such-program",), "runs `no-such-program`, which is not on this machine's PATH"),
        (("/no/such/program",), "runs `/no/such/program`"),
        (("./pingpong",), "runs `./pingpong`"),
    ],
)
def test_a_program_that_is_not_here_is_named(command: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(NoProgram, match="container ponger") as caught:
        resolve(container(command=command), ENVIRON)
    assert complaint in str(caught.value)


def test_an_app_gets_little_of_the_environment_and_its_mark_and_its_way_out() -> None:
    found = app(pod(), container(), FOLDER, ENVIRON, "http://app:x@127.244.0.2:4140").environment
    assert found == {
        "PATH": "/usr/bin:/bin",
        "HOME": "/home/me",
        "LOCALMESH_STATE": "/state",
        "LOCALMESH_PROCESS": "ponger-0/ponger",
        "PINGPONG_SOCKETS": "/state/pods/ponger-0/app",
        "HTTP_PROXY": "http://app:x@127.244.0.2:4140",
        "http_proxy": "http://app:x@127.244.0.2:4140",
    }


def test_spans_go_past_the_sidecar_to_the_mesh_whatever_collector_is_named() -> None:
    manifest = (Variable("PINGPONG_OTLP_ENDPOINT", "http://jaeger.tracing:4318"), Variable("PINGPONG_TRACE_RATIO", "1"))
    environ = {**ENVIRON, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.example:4318"}
    export = SpanExport(Receiver(IPv4Address("127.244.0.1"), 4318, 0.25), "t0ken")
    found = app(pod(), container(env=manifest), FOLDER, environ, "http://app:x@127.244.0.2:4140", export).environment
    endpoints = {found[name] for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "PINGPONG_OTLP_ENDPOINT")}
    assert endpoints == {"http://127.244.0.1:4318"}
    assert found["OTEL_EXPORTER_OTLP_HEADERS"] == "authorization=Bearer%20t0ken"
    assert {found[name] for name in ("NO_PROXY", "no_proxy")} == {"127.244.0.1"}
    # How much is recorded, a manifest may say.
    assert (found["OTEL_TRACES_SAMPLER_ARG"], found["PINGPONG_TRACE_RATIO"]) == ("0.25", "1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("metadata.name", "ponger-0"),
        ("metadata.namespace", "pingpong"),
        ("status.podIP", "127.244.0.2"),
        ("spec.nodeName", "localmesh"),
        ("spec.serviceAccountName", "ponger"),
    ],
)
def test_a_variable_may_name_a_field_of_the_pod(field: str, value: str) -> None:
    it = container(env=(Variable("MINE", field=field), Variable("PLAIN", "1")))
    found = app(pod(), it, FOLDER, {}, "").environment
    assert (found["MINE"], found["PLAIN"]) == (value, "1")
    assert unknown_fields(it) == ()


def test_a_field_that_a_process_does_not_have_is_reported() -> None:
    it = container(env=(Variable("CPU", field="limits.cpu"),))
    (reason,) = unknown_fields(it)
    assert reason.startswith("container ponger: env CPU wants `limits.cpu`; known are metadata.name")


def test_no_secret_stands_on_the_command_line() -> None:
    found = app(pod(), container(), FOLDER, ENVIRON, "http://app:s3cret@127.244.0.2:4140")
    assert "s3cret" not in " ".join(found.command)
