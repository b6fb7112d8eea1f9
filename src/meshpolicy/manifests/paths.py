"""How files are named in messages."""

import os
from pathlib import Path

NEAR = 3
"""How many parts two paths share at least, `/` among them, to be near: below `/tmp` or `/home` alone nothing is."""


def display_path(path: str | Path, here: Path | None = None) -> str:
    """Return a path as messages name it: from where one stands, unless hardly more than the root is shared."""
    here, there = here or Path.cwd(), Path(path)
    if not there.is_absolute() or len(Path(os.path.commonpath([there, here])).parts) < NEAR:
        return str(there)
    return os.path.relpath(there, here)
