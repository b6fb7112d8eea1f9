"""A port that is called free can be listened on, and one that is listened on is not called free."""

import socket

import pytest

from localmesh.pods import ports
from localmesh.pods.ports import LOCALHOST, RANGE, any_port, is_free


@pytest.mark.parametrize("address", [LOCALHOST, "0.0.0.0"])  # noqa: S104 that it is taken, too, is what is tested
def test_a_port_is_free_until_somebody_listens(address: str) -> None:
    port = any_port()
    assert port in RANGE
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
        assert not is_free(port)


def test_a_port_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind((LOCALHOST, 0))
        listener.listen()
        taken = listener.getsockname()[1]
        monkeypatch.setattr(ports, "RANGE", range(taken, taken + 1))
        with pytest.raises(OSError, match=f"no port of {LOCALHOST} from {taken} to {taken} is free"):
            any_port()
