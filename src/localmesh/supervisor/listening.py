"""The sockets on which a supervisor listens. Kept apart from the servers, because those are slow to import."""

import socket
from ipaddress import IPv4Address
from pathlib import Path


def listen(path: Path) -> socket.socket:
    """Return a listening Unix socket at `path` with mode 0600; clients can connect before a server accepts."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen()
    return listener


def listen_on(address: IPv4Address) -> socket.socket:
    """Return a TCP socket that listens on a free port of `address`."""
    listener = socket.socket()
    listener.bind((str(address), 0))
    listener.listen()
    return listener
