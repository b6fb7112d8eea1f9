"""Writes a released image and its digest into an overlay: `digest.py FILE IMAGE DIGEST`. Comments stay as they are."""

import re
import sys
from pathlib import Path

PATTERN = re.compile(r"(  - name: pingpong\n    newName: )\S+(\n    )(?:newTag|digest): \S+")


def main() -> None:
    """Replace the image of the overlay; fail where there is none to replace."""
    path, image, digest = sys.argv[1:]
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        sys.exit(f"{digest} is no digest")
    text, count = PATTERN.subn(rf"\g<1>{image}\g<2>digest: {digest}", Path(path).read_text())
    if count != 1:
        sys.exit(f"{path}: the image `pingpong` is not there once, but {count} times")
    Path(path).write_text(text)


if __name__ == "__main__":
    main()
