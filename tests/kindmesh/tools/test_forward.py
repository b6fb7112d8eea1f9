"""A tunnel: where it begins, that its chatter never stops it, and that its end is told."""

from pathlib import Path

import pytest

from kindmesh.errors import CommandFailed
from kindmesh.tools.forward import forward
from kindmesh.tools.kube import Kube

from ..standins import tools

BOUND = "Forwarding from 127.0.0.1:4711 -> 9090\n"
CHATTER = "Handling connection for 4711\n" * 20_000
"""More than a pipe holds."""


def test_a_tunnel_that_ends_by_itself_says_so_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tools(tmp_path, monkeypatch, {"port-forward": f"{BOUND}{CHATTER}error: lost connection to pod\n"})
    with forward(Kube("some"), "tracing", "deployment/jaeger", 9090) as opened:
        assert opened.address == "http://127.0.0.1:4711"
        with pytest.raises(CommandFailed) as caught:
            opened.wait()
    assert caught.value.output.startswith("the tunnel ended\n")
    assert caught.value.output.endswith("error: lost connection to pod\n")
    assert called.calls == ["kubectl --context some -n tracing port-forward deployment/jaeger :9090"]


def test_a_tunnel_that_does_not_open_is_an_error_with_what_kubectl_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools(tmp_path, monkeypatch, failing={"port-forward": "error: pods not found\n"})
    with (
        pytest.raises(CommandFailed) as caught,
        forward(Kube("some"), "tracing", "deployment/jaeger", 9090),
    ):
        pytest.fail("it opened")
    assert caught.value.output == "error: pods not found\n"
