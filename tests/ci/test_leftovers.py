"""What a command leaves on the machine is found: a process, a listening socket, a file; and nothing else is told."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ordinary.leftovers import Place, descendants, listening, owned, processes_of

ME = os.getuid()


@contextmanager
def a_process() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as started:
        yield f"process {started.pid}: {sys.executable} -c input()"
        started.communicate(b"\n")


@contextmanager
def a_tcp_socket() -> Iterator[str]:
    with socket.create_server(("127.0.0.2", 0)) as server:
        yield f"tcp socket 0200007F:{server.getsockname()[1]:04X}"


@contextmanager
def a_file_of_everybodys_folder() -> Iterator[str]:
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as found:
        yield f"file {found.name}"


@contextmanager
def a_unix_socket() -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/s")
        yield f"file {folder}"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(ME, tmp_path, (), whole_user=True)


@pytest.mark.parametrize("left", [a_process, a_tcp_socket, a_file_of_everybodys_folder, a_unix_socket])
def test_what_is_left_is_found_and_what_is_gone_is_not(left: object, place: Place) -> None:
    assert callable(left)
    before = place.things()
    with left() as line:
        assert line in place.left(before, within=0)
    assert line not in place.things()


def test_without_a_new_user_only_what_this_program_started_counts(place: Place) -> None:
    own = replace(place, whole_user=False)
    before = own.things()
    with a_process() as line, a_tcp_socket() as foreign:
        left = own.left(before, within=0)
        assert line in left
        assert foreign not in left
    assert os.getpid() not in descendants(os.getpid())
    assert os.getpid() in descendants(os.getppid())


def test_the_home_is_looked_at_but_for_what_may_stay(tmp_path: Path) -> None:
    checkout, cache = tmp_path / "a folder" / "checkout", tmp_path / ".cache"
    for folder in (checkout, cache / "uv", tmp_path / "a folder" / "state" / "pods"):
        folder.mkdir(parents=True)
    (tmp_path / ".netrc").touch()
    found = set(owned(ME, (tmp_path,), (checkout, cache)))
    assert found == {tmp_path / "a folder" / "state", tmp_path / ".netrc"}


def test_what_another_user_has_is_not_told() -> None:
    nobody_has_it = 4_000_000_000
    assert list(processes_of(nobody_has_it)) == []
    assert list(listening(nobody_has_it)) == []
    assert list(owned(nobody_has_it, (Path("/dev/shm"),))) == []  # noqa: S108 looked at only
