"""The page's port and token stay where they can, and only the user can read them."""

import socket
import stat
from contextlib import ExitStack
from pathlib import Path

from localmesh.page.place import known, take
from localmesh.pods.ports import any_port


def test_the_next_supervisor_takes_the_same_port_and_token(tmp_path: Path) -> None:
    file = tmp_path / "dashboard"
    first = take(file, any_port())
    first.listener.close()
    second = take(file, any_port())
    second.listener.close()
    assert second.door == first.door == known(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first.door.token) >= 32


def test_where_the_port_is_taken_there_is_another_one_with_a_new_token(tmp_path: Path) -> None:
    file = tmp_path / "dashboard"
    first = take(file, any_port())
    first.listener.close()
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.door.port))
        other.listen()
        second = take(file, first.door.port)
    second.listener.close()
    assert second.door.port != first.door.port
    assert second.door.token != first.door.token
    assert known(file) == second.door


def test_two_meshes_have_two_tokens(tmp_path: Path) -> None:
    with ExitStack() as stack:
        places = [take(tmp_path / name, any_port()) for name in ("a", "b")]
        for place in places:
            stack.enter_context(place.listener)
        assert len({place.door.token for place in places}) == 2


def test_a_file_that_says_nothing_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "dashboard"
    for content in ("", "{}", '{"port": "x", "token": "y"}', "[]", "\0"):
        file.write_text(content)
        assert known(file) is None
        place = take(file, any_port())
        place.listener.close()
        assert known(file) == place.door
