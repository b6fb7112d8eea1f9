"""Starts the command line."""

from meshpolicy.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
