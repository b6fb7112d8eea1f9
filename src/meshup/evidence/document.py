"""One document of evidence: a result, and the command that anybody can repeat to get it."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FINDING = 1
"""The highest exit code of a command that came to a result: 1 means that it found something."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the folder. `result` is JSON; without one, `not_run` says why."""

    name: str
    command: str
    result: Any = None
    not_run: str = ""

    def to_json(self) -> str:
        """Return the text of the file."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"


def ask(name: str, words: Sequence[str], root: Path, environment: Mapping[str, str], seconds: float = 120) -> Document:
    """Return what a package of this project prints as JSON: `words` begin with its name.

    A command that does not come to a result in time gives a document that says so, in the command's own words.
    """
    command = " ".join(words)
    try:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Document(name, command, not_run=f"no result within {seconds:g} s")
    if done.returncode > FINDING:
        return Document(name, command, not_run=done.stderr.strip() or f"ended with {done.returncode}")
    try:
        return Document(name, command, json.loads(done.stdout))
    except json.JSONDecodeError as error:
        return Document(name, command, not_run=f"the result is no JSON: {error}; {done.stderr.strip()}".strip("; "))
