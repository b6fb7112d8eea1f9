"""What changed lately: applied manifests, scaled, restarted and renewed pods, and pods that came and went."""

from collections import deque
from collections.abc import Callable
from time import time

from localmesh.observe.views import ChangeView

KEPT = 100


class History:
    """The latest changes."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self.latest: deque[ChangeView] = deque(maxlen=KEPT)
        self._clock = clock
        self._count = 0

    def note(self, kind: str, text: str) -> None:
        """Record a change."""
        self._count += 1
        self.latest.append(ChangeView(self._count, self._clock(), kind, text))
