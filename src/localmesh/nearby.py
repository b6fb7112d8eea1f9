"""Names files as compilers do: from the folder in which the person stands."""

import os
from collections.abc import Iterable
from pathlib import Path


def nearby(text: str, roots: Iterable[Path], folder: Path) -> str:
    """Return a message in which what lies below one of `roots` is named from `folder`."""
    for root in sorted(map(str, roots), key=len, reverse=True):
        # What shares nothing with the folder but `/` is clearer by its full name.
        if os.path.commonpath((root, folder)) != "/":
            near = os.path.relpath(root, folder)
            text = text.replace(f"{root}/", "") if near == "." else text.replace(root, near)
    return text
