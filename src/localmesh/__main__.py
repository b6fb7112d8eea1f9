"""Starts the command line; a Ctrl-C is silent even while it is loaded."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    try:
        from localmesh.cli import main as commands

        commands(prog_name="localmesh")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
