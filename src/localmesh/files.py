"""Names and writes files: inside the package's folders, private to the user, and never partially."""

import os
from pathlib import Path

from localmesh.errors import BadInput

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def below(folder: Path, name: str) -> Path:
    """Return the entry of `folder` with a name from a manifest. Raises BadInput if the name leads elsewhere."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise BadInput(f"{name!r} cannot be the name of a file below {folder}")
    return folder / name


def write(path: Path, content: str | bytes) -> None:
    """Write `content` atomically, readable by the user only."""
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def make_folder(path: Path) -> Path:
    """Create a folder that only the user can enter, unless it exists."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return path
