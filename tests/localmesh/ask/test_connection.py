"""How a connection ended is said in words."""

import ssl

import pytest

from localmesh.ask.connection import CertificateRefused, ended


def not_accepted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1006)")
    error.reason, error.verify_message = "CERTIFICATE_VERIFY_FAILED", "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (not_accepted(), "the server's certificate was not accepted: certificate has expired"),
        (TimeoutError(), "no answer within"),
        (EOFError(), "closed without an answer"),
        (ConnectionResetError(), "reset without an answer"),
        (OSError(), "OSError"),
    ],
)
def test_an_ending_is_told_in_words(error: Exception, words: str) -> None:
    assert str(ended(error)).startswith(words)


def test_an_alert_of_the_server_is_about_the_client() -> None:
    error = ssl.SSLError(1, "alert")
    error.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    found = ended(error)
    assert isinstance(found, CertificateRefused)
    assert str(found) == "tlsv13 alert certificate required"
