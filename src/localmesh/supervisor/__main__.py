"""Starts the background process of `up`: `python -m localmesh.supervisor FD`."""

import gc


def main() -> None:
    """Load the program, and run it."""
    # What is loaded stays to the end: looking through it for garbage took a quarter of the time.
    gc.disable()
    from localmesh.supervisor import supervise

    gc.freeze()
    gc.enable()
    supervise.main()


if __name__ == "__main__":
    main()
