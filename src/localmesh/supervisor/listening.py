"""The sockets on which a supervisor listens; apart from what answers there, which takes long to load."""

import socket
from ipaddress import IPv4Address
from pathlib import Path


def listen(path: Path) -> socket.socket:
    """Return a socket at `path` that only the user can open; who connects waits until somebody answers."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen()
    return listener


def listen_on(address: IPv4Address) -> socket.socket:
    """Return a socket at a free port of an address, which nobody else can have."""
    listener = socket.socket()
    listener.bind((str(address), 0))
    listener.listen()
    return listener
