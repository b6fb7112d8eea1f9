"""Starts the background process of `up`: `python -m localmesh.supervisor FD`."""

import gc


def main() -> None:
    """Load the program, and run it."""
    # Imported modules are never freed: collecting garbage among them took a quarter of the time.
    gc.disable()
    from localmesh.supervisor import supervise

    gc.freeze()
    gc.enable()
    supervise.main()


if __name__ == "__main__":
    main()
