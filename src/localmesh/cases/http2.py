"""HTTP/2 on connections that are open already: an echo server's answers, and one request of a client."""

import json
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Mapping
from dataclasses import dataclass

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    Event,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

PREFACE = b"PRI * HTTP/2.0\r\n"
GRPC = "application/grpc"
CHUNK = 64 * 1024
_LENGTH = 5
"""Bytes before a message of gRPC: whether it is compressed, and its length."""


@dataclass(slots=True)
class Answer:
    """What a client has received: headers with trailers, and the body."""

    headers: dict[str, str]
    body: bytes = b""
    ended: bool = False

    def take(self, event: Event) -> None:
        """Take in what has arrived; a reset stream breaks off."""
        match event:
            case ResponseReceived() | TrailersReceived():
                self.headers |= _texts(event)
            case DataReceived():
                self.body += event.data
            case StreamEnded():
                self.ended = True
            case StreamReset():
                raise ConnectionResetError
            case _:
                pass

    @property
    def message(self) -> bytes:
        """The body without what gRPC puts before it."""
        return self.body[_LENGTH:] if self.headers.get("content-type", "").startswith(GRPC) else self.body


async def ask(reader: StreamReader, writer: StreamWriter, headers: Mapping[str, str], message: bytes | None) -> Answer:
    """Send a request, with a message of gRPC or without a body, and return its answer once it is whole."""
    connection = H2Connection(H2Configuration(client_side=True))
    connection.initiate_connection()
    connection.send_headers(1, list(headers.items()), end_stream=message is None)
    if message is not None:
        connection.send_data(1, _framed(message), end_stream=True)
    answer = Answer({})
    while not answer.ended:
        writer.write(connection.data_to_send())
        received = await reader.read(CHUNK)
        if not received:
            raise IncompleteReadError(answer.body, None)
        for event in connection.receive_data(received):
            answer.take(event)
    return answer


async def echo(first: bytes, reader: StreamReader, writer: StreamWriter, mark: str) -> None:
    """Answer each request of a connection with its own headers, marked; `first` is what was read of it."""
    connection = H2Connection(H2Configuration(client_side=False))
    connection.initiate_connection()
    asked: dict[int, dict[str, str]] = {}
    received = first
    while received:
        for event in connection.receive_data(received):
            if isinstance(event, RequestReceived):
                asked[event.stream_id] = _texts(event)
            elif isinstance(event, StreamEnded):
                _answer(connection, event.stream_id, asked.pop(event.stream_id), mark)
        writer.write(connection.data_to_send())
        await writer.drain()
        received = await reader.read(CHUNK)


def _answer(connection: H2Connection, stream: int, asked: Mapping[str, str], mark: str) -> None:
    grpc = asked.get("content-type", "").startswith(GRPC)
    shown = json.dumps(asked).encode()
    kind = GRPC if grpc else "application/json"
    connection.send_headers(stream, [(":status", "200"), (mark, "1"), ("content-type", kind)])
    connection.send_data(stream, _framed(shown) if grpc else shown, end_stream=not grpc)
    if grpc:
        connection.send_headers(stream, [("grpc-status", "0")], end_stream=True)


def _framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


def _texts(event: RequestReceived | ResponseReceived | TrailersReceived) -> dict[str, str]:
    return {name.decode(): value.decode("latin-1") for name, value in event.headers}
