"""Runs tools from argument lists, without a shell, and keeps what they print."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from kindmesh.errors import CommandFailed

USUAL_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Output:
    """What a tool printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, as a person reads them."""
        return "\n".join(part for part in (self.out.strip(), self.err.strip()) if part)


def attempt(
    *command: str, stdin: str | None = None, timeout: float = USUAL_TIMEOUT, folder: Path | None = None
) -> Output:
    """Run a tool, and return its exit code and output, also where it fails."""
    try:
        found = subprocess.run(
            command, input=stdin or "", capture_output=True, text=True, timeout=timeout, check=False, cwd=folder
        )
    except FileNotFoundError:
        return Output(127, "", f"{command[0]} is not installed")
    except subprocess.TimeoutExpired:
        return Output(124, "", f"no answer within {timeout:.0f} s")
    return Output(found.returncode, found.stdout, found.stderr)


def run(*command: str, stdin: str | None = None, timeout: float = USUAL_TIMEOUT, folder: Path | None = None) -> str:
    """Run a tool and return what it printed; CommandFailed if its exit code is not 0."""
    output = attempt(*command, stdin=stdin, timeout=timeout, folder=folder)
    if output.code != 0:
        raise CommandFailed(command, output.text)
    return output.out
