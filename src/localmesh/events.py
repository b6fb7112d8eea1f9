"""What the supervisor reports while it starts, one JSON line an event, to the `up` that waits for it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """A message to print as one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """The pods that will be started."""

    pods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PodChanged:
    """A pod reached another phase."""

    pod: str
    phase: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The mesh cannot start or continue; nothing of it runs any more."""

    code: int
    reasons: tuple[str, ...]
    hint: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    """Every pod is ready."""

    seconds: float


Event = Note | Planned | PodChanged | Failed | Ready
Listener = Callable[[Event], None]
KINDS: dict[str, Callable[..., Event]] = {kind.__name__: kind for kind in (Note, Planned, PodChanged, Failed, Ready)}


def to_line(event: Event) -> str:
    """Return the line that `from_line` reads."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}) + "\n"


def from_line(line: str) -> Event:
    """Return what `to_line` wrote."""
    data = json.loads(line)
    kind = KINDS[data.pop("event")]
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in data.items()})
