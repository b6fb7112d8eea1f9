"""Starts the command line."""

import gc
import signal

__all__ = ["main"]

GC_THRESHOLD = 100_000
"""New objects between two garbage collections: manifests make millions of lasting objects, and few cycles."""


def main() -> None:
    """Run the command line."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback from an import
    from meshpolicy.cli import main as command

    signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # a closed pipe ends the program silently, as with any tool
    gc.set_threshold(GC_THRESHOLD, 50, 50)
    try:
        command()
    finally:
        gc.freeze()  # skips a last collection of all objects at exit


if __name__ == "__main__":
    main()
