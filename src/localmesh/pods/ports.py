"""Ports of 127.0.0.1 for programs that cannot be handed a listening socket."""

import socket
from random import SystemRandom

LOCALHOST = "127.0.0.1"
RANGE = range(20_000, 32_768)
"""Below the ports that Linux gives to outgoing connections, any of which would otherwise take one in between."""
ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as attempt:
        # A connection that ended a moment ago keeps nobody from listening.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOCALHOST, port))
        except OSError:
            return False
    return True


def any_port() -> int:
    """Return a port on which nobody listens; raises OSError where none is found.

    Two who ask at the same time rarely get the same one: it is chosen at random.
    """
    chosen = SystemRandom()
    for _ in range(ATTEMPTS):
        if is_free(port := chosen.choice(RANGE)):
            return port
    raise OSError(f"no port of {LOCALHOST} from {RANGE.start} to {RANGE.stop - 1} is free")
