"""Reads the bytes of files and of standard input, none of which may be endless."""

import errno
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 256 * 2**20
"""What no manifest comes near."""


def content(file: Path) -> bytes:
    """Return what a file holds; raises OSError, at once for a pipe or a device, which may never end."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file; write `-` to read standard input")
        return _limited(stream)


def standard_input() -> bytes:
    """Return all of standard input; raises OSError where it is larger than any manifest."""
    return _limited(sys.stdin.buffer)


def _limited(stream: BinaryIO) -> bytes:
    found = stream.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it holds more than {MOST_BYTES // 2**20} MiB")
    return found
