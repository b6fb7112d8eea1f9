"""Reads the end of a growing log, which is moved to `NAME.1` when it is too long."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from localmesh.logs import aside

BLOCK = 256 * 1024
"""Bytes read at a time."""
HEAD = 1024
"""Bytes that identify a file's content: more than one line, and each line holds its request's time."""


@dataclass(slots=True)
class Tail:
    """The lines of a log since a time. Each is returned once, in order."""

    path: Path
    since: float
    """Seconds since 1970; earlier lines are skipped in whole blocks."""
    _position: int = 0
    _head: bytes = b""
    """What the file begins with, as far as it was read: an emptied log may be as long as before when it is seen."""
    _before: list[tuple[Path, int]] = field(default_factory=list)
    """Older files to be read first, each with the position to continue at."""
    _begun: bool = False

    def lines(self) -> list[str]:
        """Return the next complete lines, at most one block; empty at the end."""
        self._look()
        while self._before:
            path, position = self._before[0]
            found, position = _block(path, position)
            if found:
                self._before[0] = path, position
                return found
            self._before.pop(0)
        before = self._position
        found, self._position = _block(self.path, before)
        if self._position != before and len(self._head) < HEAD:
            self._head = _bytes(self.path, 0, min(HEAD, self._position))
        return found

    def _look(self) -> None:
        """Find the start position, or detect that the log was truncated or replaced."""
        if not self.path.exists():
            return
        if not self._begun:
            self._begun = True
            self._position = _start(self.path, self.since)
            if self._position == 0 and aside(self.path).exists():
                self._before.append((aside(self.path), _start(aside(self.path), self.since)))
            self._head = _bytes(self.path, 0, min(HEAD, self._position))
        elif _bytes(self.path, 0, len(self._head)) != self._head:
            if _bytes(aside(self.path), 0, len(self._head)) == self._head:
                self._before.append((aside(self.path), self._position))
            self._position, self._head = 0, b""


def _bytes(path: Path, position: int, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            return file.read(length)
    except OSError:
        return b""


def _block(path: Path, position: int) -> tuple[list[str], int]:
    """Return the complete lines from a position, and their end. A line longer than a block is left out."""
    data = _bytes(path, position, BLOCK)
    while len(data) == BLOCK and b"\n" not in data:
        end = _line_end(path, position + BLOCK)
        if end is None:
            return [], position
        position = end
        data = _bytes(path, position, BLOCK)
    whole, newline, _ = data.rpartition(b"\n")
    return whole.decode(errors="replace").split("\n") if newline else [], position + len(whole + newline)


def _line_end(path: Path, position: int) -> int | None:
    """Return the position after the line at `position`; None if that line is incomplete."""
    try:
        with path.open("rb") as file:
            file.seek(position)
            while part := file.readline(BLOCK):
                if part.endswith(b"\n"):
                    return file.tell()
    except OSError:
        pass
    return None


def _start(path: Path, since: float) -> int:
    """Return a position before all lines that are not older than `since`."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            for position in range(size - BLOCK, 0, -BLOCK):
                file.seek(position)
                file.readline()
                begin = file.tell()
                if _time(file.readline()) < since:
                    return begin
    except OSError:
        pass
    return 0


def _time(line: bytes) -> float:
    """Return the start time of a line's request; infinity if it has none."""
    try:
        return datetime.fromisoformat(json.loads(line)["time"]).timestamp()
    except (ValueError, KeyError, TypeError):
        return float("inf")
