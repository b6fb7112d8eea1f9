"""Plain TLS ends made of Python: a client and a server that prove whatever a test wants them to prove."""

import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localmesh.files import write
from localmesh.pods.pod import Pod
from meshidentity.certificates import Leaf

REFUSALS = (ssl.SSLError, ConnectionError)
"""What a client sees of a refused handshake: an alert, or no more than the end, if its own bytes crossed it."""
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfalse"


def context(purpose: ssl.Purpose, leaf: Leaf | None, anchor: str = "") -> ssl.SSLContext:
    """Return a context that proves `leaf`; whom it trusts is of no matter, if no anchor is given."""
    found = ssl.create_default_context(purpose, cadata=anchor or None)
    if not anchor:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    if leaf:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder, "crt"), leaf.chain_pem)
            write(Path(folder, "key"), leaf.key_pem)
            found.load_cert_chain(Path(folder, "crt"), Path(folder, "key"))
    return found


def ask(pod: Pod, port: int, request: bytes, leaf: Leaf | None, anchor: str, name: str = "") -> bytes:
    """Send a request over TLS to a sidecar, and return what comes first; raises one of REFUSALS if it refuses."""
    tls = context(ssl.Purpose.SERVER_AUTH, leaf, anchor)
    with (
        socket.create_connection((str(pod.local), port), 10) as plain,
        tls.wrap_socket(plain, server_hostname=name or pod.identity) as connection,
    ):
        connection.sendall(request)
        return connection.recv(65536)


class Impostor:
    """A server that answers every request with 200, and counts what it was trusted with."""

    def __init__(self, address: str, leaf: Leaf) -> None:
        self.trusted = 0
        self.called = 0
        self._tls = context(ssl.Purpose.CLIENT_AUTH, leaf)
        self._listener = socket.create_server((address, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.called += 1
            try:
                with plain, self._tls.wrap_socket(plain, server_side=True) as connection:
                    if connection.recv(65536):
                        self.trusted += 1
                        connection.sendall(ANSWER)
            except OSError:
                continue

    @contextmanager
    def serving(self) -> Iterator["Impostor"]:
        """Serve until the block ends."""
        self._thread.start()
        try:
            yield self
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._thread.join()
