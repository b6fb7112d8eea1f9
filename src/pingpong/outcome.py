"""The outcome of one ping, by cause."""

import ssl
from dataclasses import dataclass
from enum import StrEnum

import httpx

PONG = "pong"


class Outcome(StrEnum):
    """Why a ping ended as it did: a metric label, a log field and a span's status."""

    OK = "ok"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    HTTP_ERROR = "http_error"
    WRONG_BODY = "wrong_body"
    TIMEOUT = "timeout"
    CONNECT_ERROR = "connect_error"
    CLOSED = "closed"

    @property
    def unreachable(self) -> bool:
        """Whether no answer came; only then does the pinger back off."""
        return self in (Outcome.TIMEOUT, Outcome.CONNECT_ERROR, Outcome.CLOSED)


@dataclass(frozen=True, slots=True)
class Ping:
    """One finished ping."""

    target: str
    outcome: Outcome
    status: int | None
    seconds: float
    trace_id: str
    detail: str = ""
    """The failure, in the words of the library that reported it."""


_BY_ERROR: dict[type[BaseException], Outcome] = {
    TimeoutError: Outcome.TIMEOUT,
    httpx.TimeoutException: Outcome.TIMEOUT,
    httpx.ConnectError: Outcome.CONNECT_ERROR,
    httpx.ProxyError: Outcome.CONNECT_ERROR,
    httpx.UnsupportedProtocol: Outcome.CONNECT_ERROR,
    httpx.LocalProtocolError: Outcome.CONNECT_ERROR,
    httpx.InvalidURL: Outcome.CONNECT_ERROR,
    httpx.NetworkError: Outcome.CLOSED,
    httpx.RemoteProtocolError: Outcome.CLOSED,
    httpx.StreamError: Outcome.CLOSED,
    httpx.DecodingError: Outcome.WRONG_BODY,
    httpx.CookieConflict: Outcome.WRONG_BODY,
    httpx.TooManyRedirects: Outcome.HTTP_ERROR,
    httpx.HTTPStatusError: Outcome.HTTP_ERROR,
    httpx.HTTPError: Outcome.CLOSED,
    ssl.SSLError: Outcome.CONNECT_ERROR,
    OSError: Outcome.CONNECT_ERROR,
}
ERRORS = tuple(_BY_ERROR)
"""Every error that a ping can end in."""


def of_answer(status: int, body: str) -> Outcome:
    """Return the outcome that an answer means."""
    match status:
        case 200:
            return Outcome.OK if body.strip() == PONG else Outcome.WRONG_BODY
        case 403:
            return Outcome.FORBIDDEN
        case 404:
            return Outcome.NOT_FOUND
        case _:
            return Outcome.HTTP_ERROR


def of_error(error: BaseException) -> Outcome:
    """Return the outcome that an error means, by its nearest known base class."""
    return next(_BY_ERROR[kind] for kind in type(error).mro() if kind in _BY_ERROR)
