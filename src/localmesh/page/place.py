"""Where the page is served: a port that stays the same if it can, and a token that only the user can read."""

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
    """A listening socket, and who may come in."""

    listener: socket.socket
    door: Door


def take(path: Path, preferred: int) -> Place:
    """Listen on this machine's own address, and keep port and token in the file `path`.

    If the mesh ended without being told to, the file is still there: the same port and token are taken again, so that
    an open page goes on. On any other port the token is a new one, as somebody else may have heard the old one.
    """
    before = known(path)
    listener = _listener(before.port if before else preferred) or _listener(preferred) or _listener(0)
    assert listener is not None  # noqa: S101 some port is always free
    port = int(listener.getsockname()[1])
    door = before if before and before.port == port else Door(port, token_urlsafe(32))
    write(path, json.dumps({"port": door.port, "token": door.token}))
    return Place(listener, door)


def known(path: Path) -> Door | None:
    """Return what the file says; None where there is none."""
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
