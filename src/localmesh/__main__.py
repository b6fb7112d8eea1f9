"""Starts the command line."""

from localmesh.cli import main

if __name__ == "__main__":
    main(prog_name="localmesh")
