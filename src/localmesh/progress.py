"""Shows how the pods come up: a moving display on a terminal, plain lines elsewhere; always on standard error."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from localmesh.events import Event, Note, Planned, PodChanged, Ready
from localmesh.plain import Plain
from localmesh.render import STYLES
from localmesh.views import Phase


class Progress:
    """Takes events and shows them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._phases: dict[str, str] = {}
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Note(text):
                self._console.print(text, soft_wrap=True)
            case Planned(pods):
                self._phases = dict.fromkeys(pods, "")
                self._refresh()
            case PodChanged(pod, phase):
                self._phases[pod] = phase
                self._refresh()
                if not self._live:
                    self._console.print(f"{pod}: {phase}", soft_wrap=True)
            case Ready(seconds):
                self._console.print(f"All pods are ready after {seconds:.1f} s.")
            case _:
                pass

    def _refresh(self) -> None:
        if self._live:
            self._live.update(Plain(self._text()), refresh=True)

    def _text(self) -> Text:
        text = Text()
        for pod, phase in self._phases.items():
            text.append("✓ " if phase == Phase.READY else "· ", STYLES.get(Phase(phase)) if phase else "dim")
            text.append(f"{pod}  {phase or 'waiting'}\n")
        return text
