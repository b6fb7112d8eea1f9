"""Starts the command line."""

import gc
import signal

__all__ = ["main"]

GC_THRESHOLD = 100_000
"""New objects between two collections: manifests make millions that stay, and few cycles."""


def main() -> None:
    """Run the command line."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback out of an import
    from meshpolicy.cli import main as command

    signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads enough of it and leaves ends it, as of any tool
    gc.set_threshold(GC_THRESHOLD, 50, 50)
    try:
        command()
    finally:
        gc.freeze()  # or the end of the process would look through all objects once more


if __name__ == "__main__":
    main()
