"""Starts the command line."""

import gc

from meshpolicy.cli import main as command

__all__ = ["main"]

SELDOM = 100_000
"""New objects between two collections: manifests make millions that stay, and few cycles."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(SELDOM, 50, 50)
    command()


if __name__ == "__main__":
    main()
