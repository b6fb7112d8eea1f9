"""Ports of 127.0.0.1 for programs that cannot be handed a listening socket."""

import socket
from random import SystemRandom

LOCALHOST = "127.0.0.1"
RANGE = range(20_000, 32_768)
"""Below Linux's ephemeral ports: an outgoing connection could take one of those in the meantime."""
ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as attempt:
        # A recently closed connection does not prevent listening.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOCALHOST, port))
        except OSError:
            return False
    return True


def any_port() -> int:
    """Return a port on which nobody listens; raises OSError if none is found.

    It is chosen at random, so that two callers at the same time rarely get the same one.
    """
    chosen = SystemRandom()
    for _ in range(ATTEMPTS):
        if is_free(port := chosen.choice(RANGE)):
            return port
    raise OSError(f"no port of {LOCALHOST} from {RANGE.start} to {RANGE.stop - 1} is free")
