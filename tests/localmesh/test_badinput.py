"""Everything that can be wrong with what a person gives: one clear message each, exit code 2, nothing left running."""

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from localmesh.cli import main

from .commands import Commands, commands

Wrong = Callable[[Commands], Mapping[str, str]]


@pytest.fixture
def idle(short_path: Path) -> Iterator[Commands]:
    with commands(short_path) as found:
        yield found


def edited(file: str, old: str, new: str) -> Wrong:
    def make(mesh: Commands) -> Mapping[str, str]:
        path = mesh.manifests / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return {}

    return make


def written(file: str, text: str) -> Wrong:
    def make(mesh: Commands) -> Mapping[str, str]:
        (mesh.manifests / file).write_text(text)
        return {}

    return make


def set_to(**environment: str) -> Wrong:
    return lambda mesh: {name: value.format(mesh=mesh) for name, value in environment.items()}


def dangling(mesh: Commands) -> Mapping[str, str]:
    (mesh.manifests / "k8s/base/more.yaml").symlink_to("/no/such/file.yaml")
    return {}


def state_is_a_file(mesh: Commands) -> Mapping[str, str]:
    mesh.state.touch()
    return {}


def state_is_loose(mesh: Commands) -> Mapping[str, str]:
    mesh.state.mkdir()
    mesh.state.chmod(0o755)
    return {}


def state_is_a_home(mesh: Commands) -> Mapping[str, str]:
    mesh.state.mkdir(mode=0o700)
    (mesh.state / ".bashrc").touch()
    return {}


DEPLOYMENTS = "k8s/base/deployments.yaml"
SERVICES = "k8s/base/services.yaml"

TABLE: dict[str, tuple[Wrong, str]] = {
    "broken YAML": (written(SERVICES, "a: [\n"), "services.yaml:2: invalid YAML"),
    "a field that is missing": (edited(SERVICES, "  name: ponger\n", ""), "metadata.name: is missing"),
    "a kind of value that is wrong": (edited(DEPLOYMENTS, "replicas: 2", "replicas: two"), "spec.replicas"),
    "a protocol that is none": (
        edited("mesh/policies/servers.yaml", "proxyProtocol: HTTP/1", "proxyProtocol: HTTP/9"),
        "spec.proxyProtocol",
    ),
    "a file that cannot be read": (dangling, "more.yaml"),
    "a folder that is not there": (set_to(LOCALMESH_MANIFESTS="/no/such/folder"), "/no/such/folder"),
    "a folder without a workload": (
        set_to(LOCALMESH_MANIFESTS="{mesh.manifests}/mesh/policies"),
        "the manifests hold no workload that runs here",
    ),
    "a program that is not here": (
        edited(DEPLOYMENTS, 'command: ["pingpong"]', 'command: ["pongping"]'),
        "container pinger runs `pongping`, which is not on this machine's PATH",
    ),
    "an image instead of a program": (
        edited(DEPLOYMENTS, '          command: ["pingpong"]\n', ""),
        "container pinger has no `command`, and an image cannot be run here",
    ),
    "a field of a pod that no process has": (
        edited(DEPLOYMENTS, "fieldPath: status.podIP", "fieldPath: status.hostIP"),
        "env PINGPONG_POD_IP wants `status.hostIP`; known are metadata.name",
    ),
    "an account that is not there": (
        edited(DEPLOYMENTS, "serviceAccountName: ponger", "serviceAccountName: pong"),
        "ServiceAccount pingpong/pong",
    ),
    "a setting that is none": (set_to(LOCALMESH_PROT="80"), "there is no such setting; did you mean LOCALMESH_PORT?"),
    "a port that is none": (set_to(LOCALMESH_PORT="http"), "LOCALMESH_PORT=http: a port from 1 to 65535 is expected"),
    "a lifetime without a unit": (
        set_to(LOCALMESH_CERTIFICATE_LIFETIME="24"),
        "LOCALMESH_CERTIFICATE_LIFETIME=24: a number with a unit is expected",
    ),
    "a share that is none": (set_to(LOCALMESH_TRACE_RATIO="2"), "LOCALMESH_TRACE_RATIO=2: a number from 0 to 1 is"),
    "a collector that is no address": (
        set_to(OTEL_EXPORTER_OTLP_ENDPOINT="here:4318"),
        "OTEL_EXPORTER_OTLP_ENDPOINT: expected an http:// or https:// URL",
    ),
    "one port for two": (set_to(LOCALMESH_HTTPS_PORT="{mesh.port}"), "the ports of the ingress must differ"),
    "a state folder that is a file": (state_is_a_file, "is not a folder"),
    "a state folder that is open to others": (state_is_loose, "is open to others (mode 0755)"),
    "a state folder that is somebody's home": (state_is_a_home, "holds what localmesh did not make (.bashrc)"),
    "a state folder that cannot be made": (set_to(LOCALMESH_STATE="/dev/null/s"), "cannot be made: Not a directory"),
    "a state folder with a long path": (
        set_to(LOCALMESH_STATE="{mesh.folder}/" + "x" * 60),
        "are too long for Unix sockets in it",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_is_wrong_is_said(name: str, idle: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: object) -> None:
        pytest.fail("the input was accepted: a mesh starts, and would run until it is told to end")

    monkeypatch.setattr("localmesh.supervisor.supervise._run", start)
    wrong, complaint = TABLE[name]
    environment = {**idle.environment, **wrong(idle)}
    before = sorted(idle.folder.glob("s/*")), idle.state.exists()
    outcome = CliRunner().invoke(main, ["up", "--foreground"], env=environment)
    assert (outcome.exit_code, outcome.stdout) == (2, ""), outcome.output
    assert complaint in outcome.stderr
    assert outcome.stderr.count("error: ") == len([line for line in outcome.stderr.splitlines() if line[:5] != "hint:"])
    assert isinstance(outcome.exception, SystemExit)
    assert (sorted(idle.folder.glob("s/*")), idle.state.exists()) == before


@pytest.mark.parametrize("name", ["broken YAML", "a program that is not here", "a setting that is none"])
def test_nothing_runs_afterwards(name: str, idle: Commands) -> None:
    wrong, complaint = TABLE[name]
    outcome = idle.run("up", **wrong(idle))
    assert (outcome.code, outcome.out) == (2, ""), outcome.err
    assert complaint in outcome.err
    assert idle.processes() == {}
    assert not idle.state.exists()


@pytest.mark.parametrize("setting", ["PORT", "HTTPS_PORT"])
def test_a_port_that_is_taken_is_named_with_its_setting(setting: str, idle: Commands) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", idle.port if setting == "PORT" else idle.https_port))
        taken.listen()
        outcome = idle.within("up")
    assert outcome.code == 2
    assert f"LOCALMESH_{setting}" in outcome.err
    assert idle.processes() == {}


def test_all_that_is_wrong_is_said_at_once(idle: Commands) -> None:
    for wrong in ("a program that is not here", "a field of a pod that no process has"):
        TABLE[wrong][0](idle)
    outcome = idle.within("up")
    assert (outcome.err.count("`pongping`"), outcome.err.count("`status.hostIP`")) == (2, 2)


def test_a_file_is_named_from_the_folder_one_is_in(idle: Commands) -> None:
    TABLE["broken YAML"][0](idle)
    outcome = replace(idle, here=idle.manifests / "mesh").within("up")
    assert outcome.err.startswith("error: ../k8s/base/services.yaml:2: invalid YAML"), outcome.err


def test_manifests_that_are_none_are_named(idle: Commands) -> None:
    outcome = idle.within("up", LOCALMESH_MANIFESTS="")
    assert (outcome.code, outcome.err) == (2, "error: LOCALMESH_MANIFESTS=: a folder is expected\n")
    outcome = idle.within("up", "--manifests", "/no/such/folder")
    assert outcome.code == 2
    assert "/no/such/folder" in outcome.err


@pytest.mark.parametrize(
    "words", [("up", "--port", "0"), ("up", "--output", "xml"), ("ask", "pinger"), ("restart",), ("nope",)]
)
def test_a_command_line_that_is_wrong_is_answered_with_its_use(words: tuple[str, ...], idle: Commands) -> None:
    outcome = idle.within(*words)
    assert outcome.code == 2
    assert "Usage: localmesh" in outcome.err
