"""A group that cannot be examined is one finding: it never costs the report of the others."""

import json
import ssl
from collections.abc import Callable
from http.client import RemoteDisconnected
from urllib.error import URLError

import pytest

from kindmesh.errors import CommandFailed, StepFailed
from kindmesh.tools.kube import Kube
from kindmesh.verify import groups as module
from kindmesh.verify.groups import verify
from meshpolicy.core.errors import UnknownWorkload
from meshverify.finding import Finding, Outcome, judge

from ..standins import settings


def broken(error: Exception) -> Callable[[Kube], list[Finding]]:
    """Return an examination that ends with an error."""

    def examine(_: Kube) -> list[Finding]:
        raise error

    return examine


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CommandFailed(("kubectl", "get"), "no such context"), "`kubectl get` failed\nno such context"),
        (StepFailed("verify", "a pod", "ImagePullBackOff"), "expected a pod\nImagePullBackOff"),
        (UnknownWorkload("no pod is named ponger"), "no pod is named ponger"),
        (URLError("connection refused"), "connection refused"),
        (RemoteDisconnected("the remote end closed"), "RemoteDisconnected: the remote end closed"),
        (ssl.SSLError(1, "wrong version"), "wrong version"),
        (TimeoutError("timed out"), "TimeoutError: timed out"),
        (json.JSONDecodeError("Expecting value", "<html>", 0), "JSONDecodeError: Expecting value"),
        (ValueError("Unable to load PEM file"), "ValueError: Unable to load PEM file"),
        (KeyError("tls.crt"), "the cluster's answer lacks 'tls.crt'"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_whatever_breaks_in_a_group_is_told_beside_the_findings_of_the_others(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = judge("mesh", "pods run", "yes", "yes", good=True)
    monkeypatch.setattr(module, "verify_certificates", broken(error))
    monkeypatch.setattr(module, "verify_mesh", lambda _: [whole])
    found, kept = verify(Kube("some"), settings(), ("certificates", "mesh"))
    assert (found.name, found.outcome) == ("certificates can be examined", Outcome.FAILED)
    assert words in found.hint
    assert kept == whole


def test_a_mistake_in_the_program_itself_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "verify_mesh", broken(AttributeError("no such attribute")))
    with pytest.raises(AttributeError):
        verify(Kube("some"), settings(), ("mesh",))
