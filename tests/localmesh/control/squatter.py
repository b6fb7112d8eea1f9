"""Another user of this machine, who wants to be taken for a pod: listens in the pod network wherever it can."""

import multiprocessing
import os
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

PORTS = (4140, 8080)
KEPT = 2
"""The address that it takes first and keeps: the one that the next pod would be given."""
MOST = 12
NOBODY = 65534


@dataclass
class Haul:
    """What a squatter got."""

    kept: int = 0
    """Ports of the address that it kept."""
    tries: int = 0
    places: int = 0
    """Where it could listen for a moment, as no pod was there."""
    secrets: list[str] = field(default_factory=list)
    """What somebody sent there to prove who it is."""


@contextmanager
def squatting(network: str) -> Iterator[Connection]:
    """Have another user squat in `127.244.N` until the block ends; its Haul comes out of the pipe at the end."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_squat, args=(network, there), daemon=True)
    process.start()
    assert here.recv() == "listening"
    yield here
    process.join(10)


def _squat(network: str, pipe: Connection) -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    haul = Haul()
    kept = [found for port in PORTS if (found := _listen((f"{network}.{KEPT}", port)))]
    haul.kept = len(kept)
    pipe.send("listening")
    while not pipe.poll():
        for number in range(KEPT + 1, MOST):
            for port in PORTS:
                haul.tries += 1
                if found := _listen((f"{network}.{number}", port)):
                    haul.places += 1
                    haul.secrets += _heard([found, *kept], 0.001)
                    found.close()
        haul.secrets += _heard(kept, 0)
    pipe.send(haul)


def _listen(place: tuple[str, int]) -> socket.socket | None:
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        found.bind(place)
        found.listen()
    except OSError:
        found.close()
        return None
    return found


def _heard(listeners: list[socket.socket], seconds: float) -> list[str]:
    secrets = []
    for ready in select.select(listeners, [], [], seconds)[0]:
        connection, _ = ready.accept()
        connection.settimeout(0.2)
        with connection, suppress(OSError):
            text = connection.recv(65536).decode("latin-1")
            secrets += [line for line in text.splitlines() if line.lower().startswith("proxy-authorization")]
    return secrets
