"""The command line: `pingpong`. It is configured only by environment variables, as a pod is."""

import argparse
import gc
import sys

from pingpong import __version__
from pingpong.settings import BadSettings, read

BAD_INPUT = 2
EPILOG = "Settings are variables PINGPONG_*: `python -m pingpong.reference settings` lists them."


def main() -> None:
    """Run the service, or print why it cannot run."""
    parser = argparse.ArgumentParser(prog="pingpong", description="Answer pings; ping a target.", epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"pingpong {__version__}")
    parser.parse_args()
    try:
        settings = read()
    except BadSettings as error:
        fail(str(error))
    # What serves takes long to load, and is not needed to say what is wrong. It stays to the end: looking through it
    # for garbage took a third of the time.
    gc.disable()
    from pingpong import logs, server
    from pingpong.listening import CannotListen

    gc.freeze()
    gc.enable()

    logs.configure(settings)
    try:
        server.main(settings)
    except CannotListen as error:
        fail(str(error))


def fail(message: str) -> None:
    """Print a message on standard error, and exit with code 2."""
    sys.stderr.write(message + "\n")
    sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
