"""What answers and errors mean."""

import inspect
import ssl

import httpx
import pytest

from pingpong.outcome import ERRORS, Outcome, of_answer, of_error

EVERY_HTTPX_ERROR = [kind for _, kind in inspect.getmembers(httpx, inspect.isclass) if issubclass(kind, Exception)]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, "pong", Outcome.OK),
        (200, "pong\n", Outcome.OK),
        (200, "", Outcome.WRONG_BODY),
        (200, "PONG", Outcome.WRONG_BODY),
        (200, "pong pong", Outcome.WRONG_BODY),
        (204, "", Outcome.HTTP_ERROR),
        (301, "pong", Outcome.HTTP_ERROR),
        (401, "", Outcome.HTTP_ERROR),
        (403, "pong", Outcome.FORBIDDEN),
        (404, "pong", Outcome.NOT_FOUND),
        (407, "", Outcome.HTTP_ERROR),
        (429, "", Outcome.HTTP_ERROR),
        (502, "", Outcome.HTTP_ERROR),
        (503, "pong", Outcome.HTTP_ERROR),
        (504, "", Outcome.HTTP_ERROR),
    ],
)
def test_an_answer_means(status: int, body: str, outcome: Outcome) -> None:
    assert of_answer(status, body) is outcome


@pytest.mark.parametrize("kind", EVERY_HTTPX_ERROR, ids=lambda kind: kind.__name__)
def test_every_error_of_the_client_means_something(kind: type[Exception]) -> None:
    assert issubclass(kind, ERRORS)
    error = kind.__new__(kind)
    assert of_error(error) in Outcome
    assert of_error(error) is not Outcome.OK


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (httpx.ConnectTimeout, Outcome.TIMEOUT),
        (httpx.ReadTimeout, Outcome.TIMEOUT),
        (httpx.WriteTimeout, Outcome.TIMEOUT),
        (httpx.PoolTimeout, Outcome.TIMEOUT),
        (TimeoutError, Outcome.TIMEOUT),
        (httpx.ConnectError, Outcome.CONNECT_ERROR),
        (httpx.ProxyError, Outcome.CONNECT_ERROR),
        (httpx.UnsupportedProtocol, Outcome.CONNECT_ERROR),
        (httpx.InvalidURL, Outcome.CONNECT_ERROR),
        (ssl.SSLCertVerificationError, Outcome.CONNECT_ERROR),
        (OSError, Outcome.CONNECT_ERROR),
        (httpx.ReadError, Outcome.CLOSED),
        (httpx.WriteError, Outcome.CLOSED),
        (httpx.CloseError, Outcome.CLOSED),
        (httpx.RemoteProtocolError, Outcome.CLOSED),
        (httpx.DecodingError, Outcome.WRONG_BODY),
        (httpx.TooManyRedirects, Outcome.HTTP_ERROR),
    ],
)
def test_an_error_means(kind: type[Exception], outcome: Outcome) -> None:
    assert of_error(kind.__new__(kind)) is outcome


@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_missing_answer_means_unreachable(outcome: Outcome) -> None:
    assert outcome.unreachable == (outcome in {Outcome.TIMEOUT, Outcome.CONNECT_ERROR, Outcome.CLOSED})
