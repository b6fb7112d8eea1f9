"""What the doctor says of machines that this one is not."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kindmesh import doctor
from kindmesh.doctor import State

from ..onpath import only, stand_in


@pytest.mark.parametrize(
    ("printed", "state", "word"),
    [("29.1.0\n", State.GOOD, "29.1.0"), ("", State.BAD, "no engine"), (None, State.BAD, "no engine")],
)
def test_docker(printed: str | None, state: State, word: str) -> None:
    found = doctor.check_docker(lambda _: printed)
    assert found.state is state
    assert word in found.found


@pytest.mark.parametrize(
    ("name", "wanted", "printed", "state"),
    [
        ("kind", "0.33.0", "kind v0.33.0 go1.26 linux/amd64", State.GOOD),
        ("kind", "0.33.0", "kind v0.34.1 go1.26 linux/amd64", State.GOOD),
        ("kind", "0.33.0", "kind v0.31.0 go1.25 linux/amd64", State.BAD),
        ("kind", "0.33.0", None, State.BAD),
        ("kubectl", "1.36.4", "Client Version: v1.34.0", State.WARNING),
        ("kubectl", "1.36.4", "Client Version: v1.36.0", State.GOOD),
        ("helm", "3.22.0", "v3.22", State.GOOD),
        ("helm", "3.22.0", "v4.0.1+gabc", State.GOOD),
        ("helm", "3.22.0", "", State.BAD),
    ],
)
def test_a_tool(name: str, wanted: str, printed: str | None, state: State) -> None:
    assert doctor.check_tool(name, wanted, lambda _: printed).state is state


def test_cgroup_v1_is_refused_with_the_way_out(tmp_path: Path) -> None:
    found = doctor.check_cgroup(lambda _: None, tmp_path)
    assert found.state is State.BAD
    assert "unified_cgroup_hierarchy" in found.fix
    (tmp_path / "cgroup.controllers").touch()
    assert doctor.check_cgroup(lambda _: None, tmp_path).state is State.GOOD


@pytest.mark.parametrize(("said", "state"), [("2\n", State.GOOD), ("1\n", State.BAD), (None, State.WARNING)])
def test_the_kernel_that_counts_is_dockers_which_may_be_a_virtual_machines(
    said: str | None, state: State, tmp_path: Path
) -> None:
    assert doctor.check_cgroup(lambda _: said, tmp_path / "absent").state is state


@pytest.mark.parametrize(
    ("check", "printed", "words"),
    [
        (doctor.check_buildx, "github.com/docker/buildx v0.29.1 a32761a", "0.29.1"),
        (doctor.check_buildx, None, "not installed"),
        (doctor.check_curl, "curl 8.7.1 (x86_64-apple-darwin24.0)", "8.7.1"),
        (doctor.check_curl, None, "not installed"),
    ],
)
def test_what_builds_the_image_and_what_fetches_definitions(
    check: Callable[[doctor.Ask], doctor.Finding], printed: str | None, words: str
) -> None:
    found = check(lambda _: printed)
    assert found.found == words
    assert found.state is (State.GOOD if printed else State.BAD)


@pytest.mark.parametrize(
    ("environment", "there", "absent"),
    [
        ({}, {"Docker", "buildx", "kind", "curl", "port 8080", "port 8443"}, set()),
        ({"KINDMESH_CONTEXT": "prod"}, {"kubectl", "helm", "buildx", "curl"}, {"Docker", "kind", "port 8080"}),
        ({"KINDMESH_IMAGE_LOADER": "load"}, {"Docker", "curl"}, {"buildx"}),
        ({"KINDMESH_CRDS": "crds"}, {"buildx"}, {"curl"}),
    ],
)
def test_what_is_checked_is_what_will_be_needed(
    environment: dict[str, str], there: set[str], absent: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path)
    names = {finding.name for finding in doctor.examine(environment)}
    assert there <= names
    assert not absent & names


@pytest.mark.parametrize(("linux", "command"), [(True, "ss -ltnp sport = :{}"), (False, "lsof -nP -iTCP:{} ")])
def test_a_taken_port_names_the_command_that_finds_who_has_it(linux: bool, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        found = doctor.check_port(number, linux=linux)
    assert found.state is State.BAD
    assert command.format(number) in found.fix
    assert doctor.check_port(number).state is State.GOOD


def test_the_ports_are_those_of_the_kind_configuration(tmp_path: Path) -> None:
    mapping = "      - containerPort: 30080\n        hostPort: 9080\n      - hostPort: 9443\n        containerPort: 1\n"
    (tmp_path / "kind-config.yaml").write_text(f"# hostPort: 1\n{mapping}")
    assert doctor.host_ports(tmp_path) == (9080, 9443)
    assert doctor.host_ports(tmp_path / "absent") == ()


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("MemAvailable:   16000000 kB\n", State.GOOD),
        ("MemAvailable:    1000000 kB\n", State.WARNING),
        ("", State.WARNING),
    ],
)
def test_memory(text: str, state: State) -> None:
    assert doctor.check_memory(text).state is state


def test_low_inotify_limits_come_with_the_sysctl(tmp_path: Path) -> None:
    (tmp_path / "max_user_watches").write_text("8192\n")
    (tmp_path / "max_user_instances").write_text("512\n")
    found = doctor.check_inotify(tmp_path)
    assert found.state is State.WARNING
    assert found.fix == "sudo sysctl fs.inotify.max_user_watches=65536"
    (tmp_path / "max_user_watches").write_text("524288\n")
    assert doctor.check_inotify(tmp_path).state is State.GOOD


@pytest.mark.parametrize(
    ("built_in", "loadable", "loaded", "linux", "state", "words"),
    [
        ("kernel/net/netfilter/nft_queue.ko\n", "", "", True, State.GOOD, "has it"),
        ("", "", "nf_tables 1 0\nnft_queue 16384 2 - Live\n", True, State.GOOD, "has it"),
        ("", "kernel/net/netfilter/nft_queue.ko.zst: kernel/net/x.ko\n", "", True, State.WARNING, "modprobe nft_queue"),
        ("", "", "nf_tables 1 0 nft_queue,\n", True, State.WARNING, "use a kernel"),
        ("kernel/net/netfilter/nft_queue.ko\n", "", "", False, State.WARNING, "if `just verify` says not enforced"),
    ],
    ids=["built in", "loaded", "loadable", "absent", "a Mac"],
)
def test_a_kernel_that_has_not_loaded_nft_queue_is_a_warning(
    built_in: str, loadable: str, loaded: str, linux: bool, state: State, words: str, tmp_path: Path
) -> None:
    for name, text in (("modules.builtin", built_in), ("modules.dep", loadable), ("loaded", loaded)):
        (tmp_path / name).write_text(text)
    found = doctor.check_nfqueue(tmp_path, tmp_path / "loaded", linux=linux)
    assert found.state is state
    assert words in f"{found.found} {found.fix}"


@pytest.mark.parametrize("installed", [False, True])
def test_every_finding_that_is_not_good_says_how_to_mend_it(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, tmp_path)
    for name in (*doctor.ASK, "docker", "curl") if installed else ():
        stand_in(tmp_path, name, "print('v0.0.1')")
    for finding in doctor.examine():
        assert finding.state is State.GOOD or "hint: " in str(finding)


def test_it_runs_by_plain_python_without_this_projects_packages() -> None:
    found = subprocess.run(
        [sys.executable, "-S", "-I", str(doctor.ROOT / "src/kindmesh/doctor.py")],
        capture_output=True,
        text=True,
        env={},
        timeout=60,
        check=False,
    )
    assert found.stderr == ""
    assert "memory" in found.stdout
    assert found.returncode in (0, 1)


@pytest.mark.parametrize(
    ("environment", "state"),
    [({}, State.WARNING), ({"KINDMESH_WITH": "cni"}, State.WARNING), ({"KINDMESH_WITH": "cni, enforcer"}, State.GOOD)],
)
def test_an_enforcer_of_ones_own_needs_no_nft_queue(environment: dict[str, str], state: State, tmp_path: Path) -> None:
    enforcer = doctor.has_enforcer(environment)
    found = doctor.check_nfqueue(tmp_path, tmp_path / "loaded", linux=True, enforcer=enforcer)
    assert found.state is state
    assert state is State.GOOD or "KINDMESH_WITH=enforcer" in found.fix
