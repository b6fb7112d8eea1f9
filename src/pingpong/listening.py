"""Takes the ports or sockets to listen on: all of them, or none."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pingpong.settings import Settings

BACKLOG = 2048
LONGEST_PATH = 107
"""Bytes that a Unix socket's address holds."""


class CannotListen(Exception):
    """A port or a socket cannot be used; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """What the service listens on."""

    http: socket.socket
    metrics: socket.socket

    def __str__(self) -> str:
        """Say where."""
        return f"{_where(self.http)}, metrics on {_where(self.metrics)}"


@contextmanager
def listeners(settings: Settings) -> Iterator[Listeners]:
    """Hold both listeners, and leave nothing behind."""
    with ExitStack() as stack:
        if settings.sockets:
            http, metrics = (
                stack.enter_context(_unix(settings.sockets / f"{name}.sock")) for name in ("http", "metrics")
            )
        else:
            http, metrics = (
                stack.enter_context(_tcp(settings.host, port, f"PINGPONG_{name}"))
                for name, port in (("PORT", settings.port), ("METRICS_PORT", settings.metrics_port))
            )
        yield Listeners(http, metrics)


@contextmanager
def _tcp(host: str, port: int, variable: str) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise CannotListen(f"PINGPONG_HOST={host}: {error.strerror}; expected an address of this machine") from None
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as error:
            raise CannotListen(
                f"{variable}={port}: cannot listen on {host}:{port}: {error.strerror}; set another port or host"
            ) from None
        yield listener


@contextmanager
def _unix(path: Path) -> Iterator[socket.socket]:
    _check(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        # Made private at once: a socket that is changed later is open for a moment.
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        except OSError as error:
            raise CannotListen(f"PINGPONG_SOCKETS={path.parent}: {path.name}: {error.strerror}") from None
        finally:
            os.umask(before)
        listener.listen(BACKLOG)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def _check(path: Path) -> None:
    folder = f"PINGPONG_SOCKETS={path.parent}"
    if not path.parent.is_dir():
        raise CannotListen(f"{folder}: there is no such folder; create it first, for its owner alone")
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise CannotListen(f"{folder}: the path of {path.name} is longer than {LONGEST_PATH} bytes; use a shorter one")
    if path.is_socket():
        if _answers(path):
            raise CannotListen(f"{folder}: another process listens on {path.name}; end it, or use another folder")
        with suppress(FileNotFoundError):
            path.unlink()  # left behind by a process that was killed
    elif path.exists():
        raise CannotListen(f"{folder}: {path.name} is there and is no socket; move it away, or use another folder")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
        return True


def _where(listener: socket.socket) -> str:
    address = listener.getsockname()
    if isinstance(address, str):
        return address
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
