"""Stand-ins for the tools of a cluster, alone on the PATH: they give written answers, and record their calls."""

import ast
import inspect
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kindmesh.pins import read_pins
from kindmesh.settings import Settings, read
from kindmesh.steps.step import Site
from kindmesh.tools.kube import Kube

from ..onpath import only, stand_in

ROOT = Path(__file__).resolve().parents[2]


def answer(folder: str, said: str, given: str, answers: list[tuple[str, list[tuple[int, str]]]]) -> tuple[int, str]:
    """Write a call down, and return its exit code with what it prints."""
    with open(folder + "/calls", "a+") as calls:  # noqa: PTH123
        calls.seek(0)
        before = [eval(line)[0] for line in calls]  # noqa: S307 # what it has written itself
        calls.write(repr((said, given)) + chr(10))
    for words, turns in answers:
        holds = [all(word in call for word in words.split("&")) for call in (*before, said)]
        if holds[-1]:
            return turns[min(sum(holds[:-1]), len(turns) - 1)]
    return 0, ""


PROGRAM = (
    inspect.getsource(answer)
    + """
import sys
folder, _, name = __file__.rpartition("/")
given = "" if sys.stdin.isatty() else sys.stdin.read()
code, out = answer(folder, " ".join([name, *sys.argv[1:]]), given, {answers!r})
(sys.stdout if code == 0 else sys.stderr).write(out)
sys.exit(code)
"""
)
"""It imports nothing that Python has not read when it starts: tests call it hundreds of times."""


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
        self._told: list[tuple[str, list[tuple[int, str]]]] = [(words, [(1, text)]) for words, text in failing.items()]
        for words, said in answers.items():
            turns = said if isinstance(said, tuple) else (said,)
            self._told.append((words, [_turn(turn) for turn in turns]))
        self._names = ("kubectl", "helm", "kind", "curl", *(["docker"] if with_docker else []))
        for name in self._names:
            stand_in(folder, name, PROGRAM.format(answers=self._told))

    def run(self, words: Sequence[str], **how: Any) -> subprocess.CompletedProcess[str]:
        """Run a program that ends by itself: a stand-in in this process, as tests call them thousands of times."""
        if shutil.which(words[0]) != str(self._folder / words[0]) or words[0] not in self._names:
            return subprocess.run(words, **how)
        code, out = answer(str(self._folder), " ".join(words), how["input"], self._told)
        return subprocess.CompletedProcess(words, code, "" if code else out, out if code else "")

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
    made = Tools(folder, answers or {}, failing or {}, with_docker=with_docker)
    here = SimpleNamespace(run=made.run, TimeoutExpired=subprocess.TimeoutExpired)
    patch.setattr("kindmesh.tools.command.subprocess", here)
    return made


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
