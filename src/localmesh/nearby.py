"""Names files as compilers do: from the folder in which the person stands."""

import os
from collections.abc import Iterable
from pathlib import Path

from meshpolicy.load import NEAR


def nearby(text: str, roots: Iterable[Path], folder: Path) -> str:
    """Return a message in which what lies below one of `roots` is named from `folder`."""
    for root in sorted(map(str, roots), key=len, reverse=True):
        # What shares hardly more with the folder than `/` is clearer by its full name.
        if len(Path(os.path.commonpath((root, folder))).parts) >= NEAR:
            near = os.path.relpath(root, folder)
            text = text.replace(f"{root}/", "") if near == "." else text.replace(root, near)
    return text
