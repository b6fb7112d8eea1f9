"""The page's port, kept from run to run if possible, and its token, which only the user can read."""

import errno
import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from localmesh.files import write
from localmesh.page.door import Door

BACKLOG = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A listening socket, and the access control of its requests."""

    listener: socket.socket
    door: Door


def take(path: Path, preferred: int) -> Place:
    """Listen on 127.0.0.1, and write port and token to the file `path`, mode 0600.

    If the mesh was killed, the file still exists, and the same port and token are used again, so that an open page
    continues to work. Any other port gets a new token, because another program may have received the old one.
    """
    before = known(path)
    listener = _listener(before.port if before else preferred) or _listener(preferred) or _listener(0)
    assert listener is not None  # noqa: S101 some port is always free
    port = int(listener.getsockname()[1])
    door = before if before and before.port == port else Door(port, token_urlsafe(32))
    write(path, json.dumps({"port": door.port, "token": door.token}))
    return Place(listener, door)


def known(path: Path) -> Door | None:
    """Return the port and token in the file; None if it does not exist or is invalid."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        data = json.loads(path.read_text())
        return Door(int(data["port"]), str(data["token"]))
    return None


def _listener(port: int) -> socket.socket | None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if port == 0 or error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        return None
    return listener
