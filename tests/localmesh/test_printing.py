"""Nothing that the mesh is told or answered steers the terminal, whichever field it stands in."""

import io
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from rich.console import RenderableType

from localmesh import render
from localmesh.events import Note, Planned, PodChanged
from localmesh.plain import AsText
from localmesh.printing import fail, show, terminal
from localmesh.progress import Progress
from localmesh.views import AccessView, Answer, IngressView, MeshView, Phase, Proof

from .build import pod_view

BAD = "x\x1b[2J[/b][link=a]:smile:\x9b1m\u202e"
SHOWN = r"x\x1b[2J[/b][link=a]:smile:\x9b1m\u202e"


def spoiled(value: Any) -> Any:
    """Return a view with the hostile text in every text that it holds, but in those that a date or a phase is."""
    if isinstance(value, Phase):
        return value
    if isinstance(value, str):
        return BAD
    if isinstance(value, tuple):
        return tuple(map(spoiled, value))
    if isinstance(value, dict):
        return {spoiled(key): spoiled(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        kept = {"expires"}
        return replace(value, **{f.name: spoiled(getattr(value, f.name)) for f in fields(value) if f.name not in kept})
    return value


ANSWER = Answer("pinger", "ponger/ping", "GET /ping", 200, "pong", 0.004, "allow", "forbidden", ("a reason",))
INGRESS = IngressView("http://127.0.0.1:1", "https://127.0.0.1:2", "/s/ca.crt", ("/",))
MESH = MeshView(
    {"LOCALMESH_STATE": "/s"},
    (pod_view(), pod_view("curl-0", identity="")),
    (AccessView("pinger", "ponger", "http", "GET /ping", "AuthorizationPolicy a/b"),),
    INGRESS,
)


@pytest.mark.parametrize(
    "drawn",
    [
        render.status(spoiled(MESH), BAD),
        render.answer(spoiled(ANSWER)),
        render.summary(spoiled(MESH), Proof(BAD, BAD, allowed=True, refused=spoiled(ANSWER))),
    ],
    ids=["status", "answer", "summary"],
)
def test_results_are_shown_letter_by_letter(drawn: RenderableType, capsys: pytest.CaptureFixture[str]) -> None:
    show(drawn)
    printed = capsys.readouterr().out
    assert [char for char in printed if not char.isprintable() and char != "\n"] == []
    assert SHOWN in printed


@pytest.mark.parametrize("moving", [False, True], ids=["lines", "moving display"])
def test_progress_is_shown_letter_by_letter(moving: bool) -> None:
    console = terminal(width=200)
    console.file = io.StringIO()
    console._force_terminal = moving  # noqa: SLF001 as on a terminal, whatever the tests run in
    with Progress(console) as progress:
        for event in (Note(BAD), Planned((BAD,)), PodChanged(BAD, Phase.READY)):
            progress.show(event)
    printed = console.file.getvalue()
    assert SHOWN in printed
    assert "\x1b[2J[" not in printed
    assert "\x9b" not in printed


def test_a_failure_is_told_letter_by_letter(capsys: pytest.CaptureFixture[str]) -> None:
    fail((BAD,), hint=BAD, output=BAD)
    assert capsys.readouterr().err == f"error: {SHOWN}\n  | {SHOWN}\nhint: {SHOWN}\n"


def test_a_console_is_made_with_its_hook() -> None:
    assert [type(hook) for hook in terminal()._render_hooks] == [AsText]  # noqa: SLF001 rich has no other way to ask
