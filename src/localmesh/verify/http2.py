"""Sends one request of HTTP/2 with fields as they are given, past the checks that a client's library makes."""

import asyncio
from collections.abc import Iterable

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError

from localmesh.ask.connection import TIMEOUT, Connection, Ended, Reply, ended

STREAM = 1


async def ask(connection: Connection, fields: Iterable[tuple[str, str]]) -> Reply:
    """Return the answer to a request without a body; raises Ended where the stream or the connection is broken off."""
    unchecked = H2Configuration(client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False)
    h2 = H2Connection(unchecked)
    h2.initiate_connection()
    h2.send_headers(STREAM, [(name.encode(), value.encode()) for name, value in fields], end_stream=True)
    answer = _Answer()
    try:
        async with asyncio.timeout(TIMEOUT):
            while not answer.ended:
                await connection.send(h2.data_to_send())
                for event in h2.receive_data(await connection.received()):
                    answer.take(event)
    except (OSError, EOFError) as error:
        raise ended(error) from error
    except ProtocolError as error:
        raise Ended(f"closed without an answer: {error}") from error
    return Reply(answer.status, answer.headers, answer.body)


class _Answer:
    """What has come of an answer so far."""

    def __init__(self) -> None:
        self.status, self.body, self.ended = 0, b"", False
        self.headers: dict[str, str] = {}

    def take(self, event: Event) -> None:
        """Take in what has arrived; raises Ended where it is broken off."""
        match event:
            case ResponseReceived():
                self.headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
                self.status = int(self.headers[":status"])
            case DataReceived():
                self.body += event.data
            case StreamEnded():
                self.ended = True
            case StreamReset() | ConnectionTerminated():
                raise Ended(f"closed without an answer: error {event.error_code}")
            case _:
                pass
