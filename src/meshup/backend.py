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
        return f"Using {name}: {self.reason}."


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
        return Choice(WORDS[asked], "as requested")
    missing = [tool for tool in TOOLS if which(tool) is None]
    if missing:
        return Choice(Backend.LOCAL, f"{_and(missing)} {'is' if len(missing) == 1 else 'are'} not installed")
    if not engine():
        return Choice(Backend.LOCAL, "Docker does not answer")
    return Choice(Backend.KIND, "Docker, kind, kubectl and helm are available")


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
