"""A command runs as it does for an ordinary user: limits, user, variables, folder, exit code."""

import os
import pickle
import pwd
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ordinary.__main__ import README_COMMAND, variables
from ordinary.start import CANNOT_START, FIRST_USER, TIMED_OUT, Namespace, Starter
from ordinary.user import User

ROOT = Path(__file__).resolve().parents[2]
IN_A_PROCESS = "import pickle, sys; start, *told = pickle.load(sys.stdin.buffer); print(start.run(*told))"


def ran(starter: Starter, command: list[str], within: float = 30, *, quiet: bool = False) -> int:
    """Run a command from a process of its own: that of the tests may have threads, and a fork of it can crash."""
    told = pickle.dumps((starter, command, within, quiet))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".ci")}
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS],
        input=told,
        stdout=subprocess.PIPE,
        env=environment,
        check=True,
        timeout=60,
    )
    return int(done.stdout.splitlines()[-1])


@pytest.fixture
def starter(tmp_path: Path) -> Starter:
    entry = pwd.getpwuid(os.getuid())
    user = User(entry.pw_name, entry.pw_uid, entry.pw_gid, tmp_path, new=False)
    return Starter(user, {"PATH": "/usr/bin:/bin", "WORD": "a b"}, tmp_path, Namespace.NONE)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 3", 3),
        ('[ "$WORD" = "a b" ] && [ -z "$HOME" ]', 0),
        ('[ "$(ulimit -Sn) $(ulimit -Hn)" = "1024 1024" ]', 0),
        ("read -r line", 1),
        ("kill -9 $$", -9),
    ],
)
def test_a_script_ends_with_its_own_code(script: str, code: int, starter: Starter) -> None:
    assert ran(starter, ["bash", "-c", script]) == code


def test_a_command_that_is_not_there_or_does_not_end_is_told_by_its_code(starter: Starter) -> None:
    assert ran(starter, ["no-such-command"], quiet=True) == CANNOT_START
    assert ran(starter, ["bash", "-c", "read -r line <>/dev/zero & wait"], 0.1) == TIMED_OUT


def test_in_a_namespace_the_limit_is_lowered_and_the_user_is_an_ordinary_one(starter: Starter) -> None:
    starter = replace(starter, namespace=Namespace.OF_THE_USER)
    if ran(starter, ["true"], quiet=True) != 0:
        pytest.skip("this machine allows no user namespace")
    reads = f'[ "$(cat /proc/sys/user/max_inotify_instances)" = 128 ] && [ "$(id -u)" = {os.getuid() or FIRST_USER} ]'
    assert ran(starter, ["bash", "-c", reads]) == 0
    refused = "! echo 999 >/proc/sys/user/max_inotify_instances"
    assert ran(starter, ["bash", "-c", refused], quiet=True) == 0


def test_the_variables_are_those_of_a_login_and_of_the_registries(starter: Starter) -> None:
    given: Mapping[str, str] = {
        "HOME": "/root",
        "PATH": "/root/bin",
        "PYTHONPATH": "x",
        "LOCALMESH_STATE": "/s",
        "PIP_CACHE_DIR": "/c",
        "CI": "true",
        "https_proxy": "http://p",
        "PIP_CERT": "/ca",
        "UV_INDEX_URL": "u",
        "AWS_SECRET": "s",
    }
    found = variables(starter.user, given)
    assert {"CI", "https_proxy", "PIP_CERT", "UV_INDEX_URL"} == found.keys() & given.keys() - {"HOME", "PATH"}
    assert (found["HOME"], found["PATH"]) == (str(starter.user.home), "/usr/local/bin:/usr/bin:/bin")


def test_what_ci_runs_are_the_two_commands_of_the_readme() -> None:
    found = README_COMMAND.findall((ROOT / "README.md").read_text())
    assert [verb for _, verb in found] == ["up", "check"]
