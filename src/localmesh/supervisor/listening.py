"""The socket on which a supervisor is asked; apart from the API, which takes long to load."""

import socket
from pathlib import Path


def listen(path: Path) -> socket.socket:
    """Return a socket at `path` that only the user can open; who connects waits until somebody answers."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen()
    return listener
