"""An app that is there at once, and answers every request with 200: for tests that are not about what an app does.

The service of this project takes a second to load. `python quickapp.py` is the program of a container.
"""

import os
import socket
import threading
from pathlib import Path

PORTS = ("http", "metrics")
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


def answer(connection: socket.socket) -> None:
    """Answer the one request of a connection, which has no body."""
    head = b""
    with connection:
        while b"\r\n\r\n" not in head:
            received = connection.recv(4096)
            if not received:
                return
            head += received
        connection.sendall(ANSWER)


def serve(path: Path) -> None:
    """Answer whoever connects, until the process ends."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=answer, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    for name in PORTS:
        threading.Thread(target=serve, args=(Path(os.environ["PINGPONG_SOCKETS"]) / f"{name}.sock",)).start()
