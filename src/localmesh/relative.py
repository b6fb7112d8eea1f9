"""Names files relative to the current folder, as compilers do."""

from collections.abc import Iterable
from pathlib import Path

from meshpolicy.manifests.paths import display_path


def relative_paths(text: str, roots: Iterable[Path], folder: Path) -> str:
    """Return a message in which paths below one of `roots` are relative to `folder`."""
    for root in sorted(map(str, roots), key=len, reverse=True):
        near = display_path(root, folder)
        text = text.replace(f"{root}/", "") if near == "." else text.replace(root, near)
    return text
