"""Which ports and sockets are taken, and what is said if they cannot be."""

import socket
import stat
from pathlib import Path

import pytest

from pingpong.listening import CannotListen, listeners
from pingpong.settings import Settings

from .process import free_port


def on_sockets(folder: Path) -> Settings:
    """Return settings that listen in a folder."""
    return Settings(sockets=folder)


def on_ports(http: int, metrics: int, host: str = "127.0.0.1") -> Settings:
    """Return settings that listen on ports."""
    return Settings(host=host, port=http, metrics_port=metrics)


def refused(settings: Settings) -> str:
    """Return why listening is refused."""
    with pytest.raises(CannotListen) as caught, listeners(settings):
        pass
    return str(caught.value)


def test_sockets_are_private_and_removed_at_the_end(folder: Path) -> None:
    with listeners(on_sockets(folder)) as on:
        made = sorted(folder.iterdir())
        assert [path.name for path in made] == ["http.sock", "metrics.sock"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
        assert str(on) == f"{folder}/http.sock, metrics on {folder}/metrics.sock"
    assert list(folder.iterdir()) == []


def test_a_socket_that_a_killed_process_left_is_replaced(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder / "http.sock"))
    with listeners(on_sockets(folder)), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(folder / "http.sock"))


def test_a_socket_in_use_is_left_alone(folder: Path) -> None:
    with listeners(on_sockets(folder)), socket.socket(socket.AF_UNIX) as caller:
        assert refused(on_sockets(folder)) == (
            f"PINGPONG_SOCKETS={folder}: another process listens on http.sock; end it, or use another folder"
        )
        caller.connect(str(folder / "http.sock"))


def test_nothing_is_left_when_the_second_socket_cannot_be_had(folder: Path) -> None:
    (folder / "metrics.sock").write_text("")
    assert "metrics.sock is there and is no socket" in refused(on_sockets(folder))
    assert [path.name for path in folder.iterdir()] == ["metrics.sock"]


def test_a_folder_must_be_there(folder: Path) -> None:
    assert "there is no such folder" in refused(on_sockets(folder / "none"))


def test_a_path_must_fit_into_an_address(folder: Path) -> None:
    deep = folder / ("d" * 100)
    deep.mkdir()
    assert "longer than 107 bytes" in refused(on_sockets(deep))


def test_ports_are_told() -> None:
    http, metrics = free_port(), free_port()
    with listeners(on_ports(http, metrics)) as on:
        assert str(on) == f"127.0.0.1:{http}, metrics on 127.0.0.1:{metrics}"


def test_an_ipv6_address_is_told_in_brackets() -> None:
    http = free_port()
    with listeners(on_ports(http, free_port(), "::1")) as on:
        assert str(on).startswith(f"[::1]:{http}, ")


@pytest.mark.parametrize("taken", ["PINGPONG_PORT", "PINGPONG_METRICS_PORT"])
def test_a_port_in_use_is_named_and_the_other_given_back(taken: str) -> None:
    free = free_port()
    with socket.create_server(("127.0.0.1", 0)) as other:
        used = other.getsockname()[1]
        settings = on_ports(used, free) if taken == "PINGPONG_PORT" else on_ports(free, used)
        assert refused(settings) == (
            f"{taken}={used}: cannot listen on 127.0.0.1:{used}: Address already in use; set another port or host"
        )
    with socket.create_server(("127.0.0.1", free)):
        pass


def test_one_port_cannot_be_both() -> None:
    port = free_port()
    assert "Address already in use" in refused(on_ports(port, port))


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_an_address_must_be_this_machines(host: str) -> None:
    assert host in refused(on_ports(free_port(), free_port(), host))
