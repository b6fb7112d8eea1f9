"""The documents of a text, piece by piece, so that what was read before is not read again.

Two states of manifests differ in a few documents, and `diff` reads both. No value is ever changed in place.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

MARK = "\n---"
BOUND = ("\n%", "\n...", "\\/", "\r", "\x85", "\u2028", "\u2029", "\ufeff")
"""With these in it, a text is not cut: they reach over several documents, or lines are counted otherwise."""
MOST = 20_000
"""Pieces that are kept; more are forgotten all at once."""

Found = tuple[int, Any]
"""A document: the line at which it begins, counted from 0, and its value."""


class Pieces:
    """The pieces of texts that were read, with their documents; lines count from the start of the piece."""

    def __init__(self) -> None:
        self._known: dict[str, list[Found]] = {}

    def keep(self, text: str, documents: Sequence[Found]) -> None:
        """Keep the documents of a text that was read as a whole without a mistake."""
        pieces = cut(text)
        if len(self._known) + len(pieces) > MOST:
            self._known.clear()
        begun = len(documents) - (len(pieces) - 1)  # whether there is one before the first `---`
        if begun not in (0, 1) or len(pieces) > MOST:
            return
        first = 0
        for number, piece in enumerate(pieces, begun - 1):
            own = documents[number : number + 1] if number >= 0 else ()
            self._known[piece] = [(line - first, data) for line, data in own]
            first += piece.count("\n")

    def recall(self, text: str, read: Callable[[str], Iterable[Found]]) -> list[Found] | None:
        """Return the documents of a text of which some piece was read before; `read` reads the other pieces.

        None where no piece was. Raises what `read` raises; places of mistakes are then those in the piece.
        """
        pieces = cut(text) if self._known else ()
        if not any(piece in self._known for piece in pieces):
            return None
        found: list[Found] = []
        first = 0
        for piece in pieces:
            documents = self._known.get(piece)
            if documents is None:
                documents = self._known[piece] = list(read(piece))
            found += ((first + line, data) for line, data in documents)
            first += piece.count("\n")
        return found


def cut(text: str) -> tuple[str, ...]:
    """Return a text in pieces that mean the same by themselves: each but the first begins with `---`.

    YAML knows no text, comment or list that goes on after such a line. Empty where the text cannot be cut so.
    """
    if text.startswith("%") or any(sign in text for sign in BOUND):
        return ()
    found: list[str] = []
    for part in text.split(MARK):
        if not found:
            found.append(part)
        elif part[:1] in ("", " ", "\t", "\n"):
            found[-1] += "\n"
            found.append(MARK[1:] + part)
        else:  # a longer word that begins so
            found[-1] += MARK + part
    return tuple(found)
