"""The app of the pods in `scale.py`: answers `pong` on the socket of its port, and costs next to nothing."""

import os
import socketserver

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\npong"


class Pong(socketserver.StreamRequestHandler):
    """Answers each request of a connection."""

    def handle(self) -> None:
        """Answer until the other side closes."""
        while line := self.rfile.readline():
            if line == b"\r\n":
                self.wfile.write(ANSWER)


if __name__ == "__main__":
    os.umask(0o077)
    with socketserver.ThreadingUnixStreamServer(os.environ["PINGPONG_SOCKETS"] + "/http.sock", Pong) as server:
        server.daemon_threads = True
        server.serve_forever()
