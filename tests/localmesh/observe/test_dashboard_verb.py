"""The token of the page stands on no command line."""

import webbrowser
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from localmesh import cli_watch

ADDRESS = "http://127.0.0.1:1/#token"


def test_the_address_is_printed_and_no_browser_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", started.append)
    monkeypatch.setattr(cli_watch, "running", lambda: SimpleNamespace(dashboard=lambda: ADDRESS))
    assert CliRunner().invoke(cli_watch.dashboard).output == f"{ADDRESS}\n"
    assert started == []
