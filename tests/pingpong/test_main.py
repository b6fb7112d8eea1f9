"""The command line, as a person or a pod meets it."""

import socket
from pathlib import Path

import pytest

from pingpong import __version__

from .process import finish, free_port


def test_it_tells_its_version() -> None:
    assert finish("--version").stdout == f"pingpong {__version__}\n"


def test_it_tells_how_it_is_used() -> None:
    result = finish("--help")
    assert result.returncode == 0
    assert "PINGPONG_*" in result.stdout


def test_an_unknown_option_is_refused() -> None:
    result = finish("--port", "1")
    assert (result.returncode, result.stdout) == (2, "")
    assert "unrecognized arguments" in result.stderr


def test_bad_settings_are_told_one_a_line() -> None:
    result = finish(interval="soon", prot=1)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "PINGPONG_PROT: there is no such setting; did you mean PINGPONG_PORT?\n"
        "PINGPONG_INTERVAL=soon: expected seconds from 0.01 to 86400\n"
    )


def test_a_port_in_use_is_told_and_nothing_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = finish(host="127.0.0.1", port=free_port(), metrics_port=port, target=f"http://127.0.0.1:{port}/")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"PINGPONG_METRICS_PORT={port}: cannot listen on 127.0.0.1:{port}: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["none", "file"])
def test_a_folder_for_sockets_must_be_one(folder: Path, name: str) -> None:
    (folder / "file").write_text("")
    result = finish(sockets=folder / name)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"PINGPONG_SOCKETS={folder / name}: there is no such folder; create it first, for its owner alone\n"
    )
