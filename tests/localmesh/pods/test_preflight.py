"""What is looked at before anything is started."""

import socket
import stat
from pathlib import Path

import pytest

from localmesh.pods.network import MOST_PODS
from localmesh.pods.plan import groups
from localmesh.pods.pod import OUTBOUND_PORT
from localmesh.pods.preflight import envoy_reasons, port_reasons, workload_reasons
from localmesh.state import StateFolder
from meshpolicy.kinds.container import ContainerPort, Variable
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload

from ..build import container, workload


def reasons(*workloads: Workload) -> list[str]:
    planned = groups(workloads, MeshSettings(), StateFolder(Path("/s")))
    return list(workload_reasons(planned, {"PATH": "/bin"}))


def test_a_workload_whose_program_is_here_can_run() -> None:
    assert reasons(workload()) == []


def test_all_that_is_wrong_with_all_workloads_is_reported() -> None:
    missing = container("a", command=("nope",))
    odd = container("b", command=(), env=(Variable("X", field="limits.cpu"),))
    found = reasons(workload(containers=(missing, odd)))
    assert [reason.split(": ", 2)[2].split(",")[0].split(";")[0] for reason in found] == [
        "container a runs `nope`",
        "container b has no `command`",
        "container b: env X wants `limits.cpu`",
    ]


def test_manifests_without_a_workload_are_no_mesh() -> None:
    assert reasons() == ["the manifests hold no workload that runs here (Deployment, StatefulSet, DaemonSet, Pod)"]


def test_more_pods_than_there_are_addresses_are_refused() -> None:
    assert reasons(workload(replicas=MOST_PODS)) == []
    assert reasons(workload(replicas=200), workload("pinger", replicas=53)) == [
        f"the manifests ask for 253 pods, and a local mesh has addresses for {MOST_PODS}: lower `replicas`"
    ]


def test_a_port_of_the_sidecar_is_not_the_apps() -> None:
    (reason,) = reasons(workload(containers=(container(ports=(ContainerPort(OUTBOUND_PORT),)),)))
    assert reason.endswith("container ponger declares port 4140, which is the sidecar's own")
    assert reasons(workload(containers=(container(ports=(ContainerPort(OUTBOUND_PORT, protocol="UDP"),)),))) == []


def test_a_taken_port_is_named_with_the_setting_that_changes_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (reason,) = port_reasons({"HTTPS_PORT": port})
    assert reason == (
        f"port {port} on 127.0.0.1 cannot be taken for the ingress: Address already in use;"
        " choose another with --https-port or LOCALMESH_HTTPS_PORT"
    )
    assert list(port_reasons({"PORT": port})) == []


def test_two_ports_of_the_ingress_must_differ() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert list(port_reasons({"PORT": port, "HTTPS_PORT": port})) == [
        "the ports of the ingress must differ: LOCALMESH_PORT, LOCALMESH_HTTPS_PORT"
    ]


@pytest.mark.parametrize(
    ("script", "mode", "complaint"),
    [
        ("#!/bin/sh\necho no such GLIBC >&2; exit 1\n", 0o700, "Envoy does not run on this machine: no such GLIBC"),
        ("#!/bin/sh\nexit 0\n", 0o600, "Envoy is not there or not executable"),
        ("not a program", 0o700, "Envoy does not run on this machine: [Errno 8] Exec format error"),
        ("#!/bin/sh\nexit 0\n", 0o700, None),
    ],
)
def test_an_envoy_that_does_not_run_is_reported(script: str, mode: int, complaint: str | None, tmp_path: Path) -> None:
    binary = tmp_path / "envoy"
    binary.write_text(script)
    binary.chmod(mode)
    if complaint and "executable" in complaint:
        assert not binary.stat().st_mode & stat.S_IXUSR
    found = list(envoy_reasons(binary, {"PATH": "/bin"}))
    assert [reason[: len(complaint or "")] for reason in found] == ([complaint] if complaint else [])
