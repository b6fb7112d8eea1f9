"""From the first `up` to the last `down`: nothing is left behind, whatever happens between."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localmesh.logs import LONGEST, aside
from localmesh.pods.ports import any_port
from localmesh.settings import Settings
from localmesh.state import StateFolder, state_folder
from localmesh.until import until
from localmesh.views import Phase

from . import quickapp
from .commands import PARTS, PROJECT, Commands, cleaned, commands

pytestmark = pytest.mark.envoy


DEPLOYMENTS = "k8s/base/deployments.yaml"
QUICK = json.dumps([sys.executable, "-SE", quickapp.__file__])


@pytest.fixture
def another(short_path: Path) -> Iterator[Commands]:
    """Return a mesh of one pod of each workload: nothing here is about a second one, which takes long to start."""
    with commands(short_path) as found:
        ponger_runs(found.manifests, "2", "1")
        yield found


@pytest.fixture
def quick(another: Commands) -> Commands:
    """Return such a mesh whose apps are there at once, as the test is not about what they do."""
    runs(another.manifests, QUICK)
    return another


def runs(manifests: Path, command: str) -> None:
    """Have both workloads run another program than the service of this project."""
    deployments = manifests / DEPLOYMENTS
    text = deployments.read_text()
    assert text.count('["pingpong"]') == 2
    deployments.write_text(text.replace('["pingpong"]', command))


def ponger_runs(manifests: Path, before: str, now: str) -> None:
    """Write another number of replicas into the manifest of ponger, which comes last."""
    deployments = manifests / DEPLOYMENTS
    first, found, last = deployments.read_text().rpartition(f"replicas: {before}\n")
    assert found
    deployments.write_text(f"{first}replicas: {now}\n{last}")


def nothing_is_left(mesh: Commands) -> None:
    assert mesh.processes() == {}
    assert not mesh.state.exists()
    for port in (mesh.port, mesh.https_port):
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))


def test_a_second_up_finds_it_running_and_applies_what_has_changed(another: Commands) -> None:
    another = replace(another, lifetime="10s")
    assert another.run("up").code == 0
    first, expired = another.processes(), another.pods("pinger")["pinger-0"].expires
    again = another.run("up")
    assert again.code == 0
    assert "The local mesh runs already.\n" in again.err
    assert another.processes() == first

    its_log = StateFolder(another.state).log
    with its_log.open("ab") as log:
        log.truncate(LONGEST + 1)
    trimmed = lambda: its_log.stat().st_size < LONGEST  # noqa: E731 a fact to wait for
    asyncio.run(until(trimmed, within=10, what="the supervisor's log was not trimmed"))
    assert aside(its_log).exists()
    assert {file.mode for file in first["supervisor"].open_files() if file.path == str(its_log)} == {"a"}

    elsewhere = another.run("up", "--port", str(another.https_port), "--https-port", str(another.port))
    assert elsewhere.code == 2
    assert f"the local mesh runs already, with LOCALMESH_PORT={another.port} and not" in elsewhere.err

    policies = another.manifests / "mesh/policies/authorizationpolicies.yaml"
    granted = policies.read_text()
    policies.write_text(granted.replace("name: pinger-may-ping", "name: gone", 1).replace("ponger-offer", "no-route"))
    assert another.run("ask", "pinger", "ponger/ping").code == 0
    changed = another.run("up")
    assert "the manifests were applied anew" in changed.err, changed.err
    assert (changed.code, "a call that proves it did not end as it should" in changed.err) == (1, True)
    assert f"FAILED   http://127.0.0.1:{another.port}/rally  200" in changed.out
    assert another.run("ask", "pinger", "ponger/ping").code == 1

    policies.write_text(granted)
    ponger_runs(another.manifests, "1", "2")
    grown = another.run("up")
    assert (grown.code, "the manifests were applied anew" in grown.err) == (0, True), grown.err
    assert sorted(another.pods("ponger")) == ["ponger-0", "ponger-1"]
    more = another.processes()
    assert {name: more[name] for name in first} == first, "who was there is not replaced"

    ponger_runs(another.manifests, "2", "two")
    broken = another.run("up")
    assert (broken.code, "spec.replicas" in broken.err) == (2, True)
    assert broken.err.endswith("hint: fix these errors; what runs was not changed\n")

    ponger_runs(another.manifests, "two", "2")
    deployments = another.manifests / DEPLOYMENTS
    deployments.write_text(deployments.read_text().replace('"1"', '"soon"', 1))
    stuck = another.run("up")
    assert stuck.code == 1
    assert "did not become ready: its programs ended 3 times\n  | PINGPONG_INTERVAL=soon:" in stuck.err
    assert another.run("ask", "ingress", "pinger/rally").code == 0

    renewed = lambda: another.pods("pinger")["pinger-0"].expires > expired  # noqa: E731 a fact to wait for
    asyncio.run(until(renewed, within=10, what="no certificate was renewed by itself"))
    assert another.run("down").code == 0
    nothing_is_left(another)


def test_a_mesh_that_refuses_nobody_is_a_failure_in_words(quick: Commands) -> None:
    for file in ("k8s/base/namespace.yaml", "mesh/ingress/namespace.yaml"):
        namespace = quick.manifests / file
        namespace.write_text(namespace.read_text().replace("linkerd.io/inject: enabled", "linkerd.io/inject: enabeld"))
    outcome = quick.run("up")
    assert outcome.code == 1
    assert outcome.err.count("error: ") == 1
    assert "error: the local mesh runs, but no call could be made that has to be refused: every" in outcome.err
    assert "without a sidecar, and so without any policy: pinger-0, ponger-0\n" in outcome.err


def test_of_two_that_start_at_once_one_is_told_of_the_other(quick: Commands) -> None:
    both = [quick.start("up") for _ in range(2)]
    ended = [(process.communicate(timeout=90)[1], process.returncode) for process in both]
    (won, code), (lost, _) = sorted(ended, key=lambda end: end[1])
    assert code == 0, (won, lost)
    told = ("another local mesh starts in", "is starting or stopping; try again", "The local mesh runs already")
    assert any(words in lost for words in told), lost
    assert {pod.phase for pod in quick.client.status().pods} == {Phase.READY}


def test_an_up_that_finds_another_one_starting_proves_nothing_before_all_is_ready(quick: Commands) -> None:
    deployments = quick.manifests / DEPLOYMENTS
    slow = "readinessProbe:\n            initialDelaySeconds: 1\n"
    deployments.write_text(deployments.read_text().replace("readinessProbe:\n", slow))
    with quick.start("up") as first:
        assert first.stderr
        assert first.stderr.readline().endswith(": starting\n")
        # From the first pod on the supervisor can be asked, and answers as soon as it can.
        assert not quick.client.status().started
        second = quick.run("up")
        first.communicate(timeout=90)
    assert (first.returncode, second.code) == (0, 0), second.err
    assert second.err.startswith("The local mesh runs already.\n")
    assert "/rally  200" in second.out
    assert "starting" not in second.out


FULL = """\
import resource
from localmesh.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
main()
"""
"""The command line where no file may grow."""


@pytest.mark.parametrize("words", [("up",), ("up", "--foreground")])
def test_a_disk_that_takes_nothing_more_is_told_in_words(words: tuple[str, ...], another: Commands) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, *words],
        env=another.environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "error: " in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert another.processes() == {}


def test_what_a_killed_supervisor_left_is_cleaned_and_named(quick: Commands) -> None:
    assert quick.run("up").code == 0
    quick.kill("supervisor")
    again = quick.run("up")
    assert again.code == 0, again.err
    assert "Cleaned what an earlier local mesh left: 5 processes (ingress/sidecar, pinger-0/pinger," in again.err
    # What `down` cleans is in the next test.
    assert quick.run("down").code == 0
    nothing_is_left(quick)


def test_a_checkout_sees_its_own_mesh_alone_and_what_a_killed_supervisor_left_of_it(short_path: Path) -> None:
    one, two = (in_checkout(short_path, name) for name in ("one", "two"))
    with cleaned(one):
        assert one.run("up").code == 0
        assert (
            f"\nmesh     of {one.here}, state in {one.state}\n" in replace(one, here=one.here / "k8s").run("status").out
        )
        elsewhere = two.run("status")
        assert elsewhere.code == 2
        first, hint = elsewhere.err.splitlines()
        assert first == f"error: no local mesh of {two.here} runs; start it with `just up`"
        assert hint.startswith("hint: other local meshes that run: ")
        assert f"of {one.here} (LOCALMESH_STATE={one.state})" in hint
        assert two.run("down").err.startswith(f"No local mesh of {two.here} runs.\nhint: other local meshes that run: ")
        assert one.run("logs", "ponger").err == f"From the local mesh of {one.here}:\n"

        one.kill("supervisor")
        for words in (("status",), ("ask", "pinger", "ponger/ping"), ("logs", "ponger"), ("rotate",)):
            left = one.run(*words)
            assert (left.code, left.out) == (2, "")
            assert f"error: the supervisor of the local mesh of {one.here} is gone, and 5 of its programs" in left.err
            assert "hint: `just up` ends them and starts the mesh anew; `just down` ends them" in left.err
        assert "Cleaned what an earlier local mesh left: 5 processes" in one.run("down").err
        nothing_is_left(one)


def in_checkout(folder: Path, name: str) -> Commands:
    """Return the commands of somebody who stands in a checkout of the project, and has set nothing."""
    for part in PARTS:
        shutil.copytree(PROJECT / part, folder / name / part)
    ponger_runs(folder / name, "2", "1")
    runs(folder / name, QUICK)
    return Unset(folder, any_port(), any_port(), here=folder / name)


class Unset(Commands):
    """Commands in a checkout, where neither state nor manifests are set."""

    @property
    def state(self) -> Path:
        """The checkout's own state folder."""
        return state_folder(Settings(), self.environment, self.here).path

    @property
    def environment(self) -> dict[str, str]:
        """What the command line is started with."""
        ports = {"LOCALMESH_PORT": str(self.port), "LOCALMESH_HTTPS_PORT": str(self.https_port)}
        return {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(self.folder), **ports}


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_mesh_in_the_foreground_leaves_nothing_when_it_is_told_to_end(
    ending: signal.Signals, quick: Commands
) -> None:
    with quick.start("up", "--foreground") as process:
        assert process.stderr
        for line in process.stderr:
            if line == "Ctrl-C stops it. In another terminal: `just status`\n":
                break
        process.send_signal(ending)
        assert process.wait(30) == 0
    nothing_is_left(quick)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_up_leaves_nothing_running(ending: signal.Signals, quick: Commands) -> None:
    with quick.start("up") as process:
        assert process.stderr
        assert process.stderr.readline()
        process.send_signal(ending)
        assert process.wait(30) == 130
    nothing_is_left(quick)


def test_an_up_that_cannot_say_how_far_it_is_leaves_nothing(quick: Commands) -> None:
    with quick.start("up") as process:
        assert process.stderr
        assert process.stderr.readline()
        process.stderr.close()
        assert process.wait(30) > 0
    nothing_is_left(quick)


def test_a_program_that_does_not_stay_up_is_shown_with_what_it_printed(another: Commands) -> None:
    runs(another.manifests, '["/bin/ls", "/no/such/file"]')
    outcome = another.run("up")
    assert outcome.code == 1
    assert "did not become ready: its programs ended 3 times" in outcome.err
    assert "No such file or directory" in outcome.err
    assert another.processes() == {}


def test_down_without_a_mesh_says_so(another: Commands) -> None:
    outcome = another.run("down")
    assert (outcome.code, outcome.err) == (0, f"No local mesh in {another.state} runs.\n")
    nothing_is_left(another)


@pytest.mark.parametrize("words", [("status",), ("ask", "a", "b"), ("logs", "a"), ("rotate",), ("restart", "a")])
def test_without_a_mesh_nothing_can_be_asked(words: tuple[str, ...], another: Commands) -> None:
    outcome = another.run(*words)
    assert (outcome.code, outcome.err) == (
        2,
        f"error: no local mesh in {another.state} runs; start it with `just up`\n",
    )
