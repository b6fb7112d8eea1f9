"""What rich draws, with hidden characters in letters: they are replaced after the layout, and before any colour."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.segment import Segment

from meshpolicy.render.visible import visible


@dataclass(frozen=True, slots=True)
class Plain:
    """Draws another thing; what moves the cursor is rich's own, and nothing else."""

    drawn: ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.drawn, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


class AsText(RenderHook):
    """Draws everything that a console prints as `Plain` does."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Return what is drawn instead of `renderables`."""
        return [Plain(renderable) for renderable in renderables]
