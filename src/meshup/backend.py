"""Which backend `just up` takes, and why. Standard library only, so that it answers before anything is installed."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

TOOLS = ("docker", "kind", "kubectl", "helm")
"""What the cluster cannot do without."""


class Backend(StrEnum):
    """Where PingPong can run; the value is the package that runs it."""

    LOCAL = "localmesh"
    KIND = "kindmesh"


WORDS = {"local": Backend.LOCAL, "kind": Backend.KIND}
"""What a person may ask for by name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A backend, and the reason in words."""

    backend: Backend
    reason: str

    def __str__(self) -> str:
        name = "kind" if self.backend is Backend.KIND else "the local mesh"
        return f"Taking {name}: {self.reason}."


def engine_answers() -> bool:
    """Whether a Docker engine answers within 5 seconds."""
    try:
        found = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],  # noqa: S607 found by the check before
            capture_output=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return found.returncode == 0


def choose(
    asked: str = "",
    which: Callable[[str], str | None] = shutil.which,
    engine: Callable[[], bool] = engine_answers,
) -> Choice:
    """Return the backend that was asked for, else kind where all that it needs answers, else the local mesh."""
    if asked:
        return Choice(WORDS[asked], "you asked for it")
    missing = [tool for tool in TOOLS if which(tool) is None]
    if missing:
        return Choice(Backend.LOCAL, f"a cluster needs {_and(missing)}, not found here")
    if not engine():
        return Choice(Backend.LOCAL, "no Docker engine answers")
    return Choice(Backend.KIND, "a Docker engine and the cluster's tools are here")


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
