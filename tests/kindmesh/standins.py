"""Stand-ins for the tools of a cluster, alone on the PATH: they give written answers, and record their calls."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from kindmesh.pins import read_pins
from kindmesh.settings import Settings, read
from kindmesh.steps.step import Site
from kindmesh.tools.kube import Kube

from ..onpath import only, stand_in

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """import sys
folder, _, name = __file__.rpartition("/")
said = " ".join([name, *sys.argv[1:]])
given = "" if sys.stdin.isatty() else sys.stdin.read()
with open(folder + "/calls", "a+") as calls:
    calls.seek(0)
    before = [eval(line)[0] for line in calls]
    calls.write(repr((said, given)) + chr(10))
for words, turns in {answers!r}:
    holds = lambda call: all(word in call for word in words.split("&"))
    if holds(said):
        code, out = turns[min(sum(map(holds, before)), len(turns) - 1)]
        (sys.stdout if code == 0 else sys.stderr).write(out)
        sys.exit(code)
"""
"""It imports nothing that Python has not read when it starts: tests call it thousands of times."""


class Refusal(str):
    """An answer on standard error, with an error's exit code."""

    __slots__ = ()


def _turn(answer: object) -> tuple[int, str]:
    return int(isinstance(answer, Refusal)), answer if isinstance(answer, str) else json.dumps(answer)


class Tools:
    """The stand-ins of one test."""

    def __init__(
        self, folder: Path, answers: Mapping[str, object], failing: Mapping[str, str], *, with_docker: bool
    ) -> None:
        """Write the programs; a key is words that a call must hold, joined by `&`; the first that fits answers.

        A tuple is one answer after the other, of which the last stays; one of them may be a refusal.
        """
        self._folder = folder
        told: list[tuple[str, list[tuple[int, str]]]] = [(words, [(1, text)]) for words, text in failing.items()]
        for words, answer in answers.items():
            turns = answer if isinstance(answer, tuple) else (answer,)
            told.append((words, [_turn(turn) for turn in turns]))
        for name in ("kubectl", "helm", "kind", "curl", *(["docker"] if with_docker else [])):
            stand_in(folder, name, PROGRAM.format(answers=told))

    @property
    def calls(self) -> list[str]:
        """What was called, in order."""
        return [said for said, _ in self._record()]

    def given(self, words: str) -> str:
        """Return what the last call that holds these words was given on its standard input."""
        return self.all_given(words)[-1]

    def all_given(self, words: str) -> list[str]:
        """Return what each call that holds these words was given on its standard input."""
        return [given for said, given in self._record() if words in said]

    def _record(self) -> list[tuple[str, str]]:
        path = self._folder / "calls"
        return [ast.literal_eval(line) for line in path.read_text().splitlines()] if path.exists() else []


def tools(
    folder: Path,
    patch: pytest.MonkeyPatch,
    answers: Mapping[str, object] | None = None,
    failing: Mapping[str, str] | None = None,
    *,
    with_docker: bool = False,
) -> Tools:
    """Put the stand-ins on the PATH, and nothing else."""
    only(patch, folder)
    return Tools(folder, answers or {}, failing or {}, with_docker=with_docker)


def settings(**environment: str) -> Settings:
    """Return settings for the project's own manifests."""
    return read(environment, ROOT)


def site(said: list[str] | None = None, **environment: str) -> Site:
    """Return a site whose words land in a list."""
    chosen = settings(**environment)
    return Site(chosen, Kube(chosen.context), dict(read_pins(ROOT)), ([] if said is None else said).append)


def items(*objects: Mapping[str, object]) -> str:
    """Return a list as kubectl prints it."""
    return json.dumps({"items": objects})
