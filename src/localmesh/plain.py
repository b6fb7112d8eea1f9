"""Escapes hidden characters in what rich draws, after the layout and before any colour."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.segment import Segment

from meshpolicy.render.visible import visible


@dataclass(frozen=True, slots=True)
class Plain:
    """Draws another renderable; only rich's own control codes move the cursor."""

    drawn: ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.drawn, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


class AsText(RenderHook):
    """Draws everything that a console prints as `Plain` does."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Return the renderables to draw instead."""
        return [Plain(renderable) for renderable in renderables]
