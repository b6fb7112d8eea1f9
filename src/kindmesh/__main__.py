"""Starts the command line."""

from kindmesh.cli import main as command


def main() -> None:
    """Run the program."""
    command(prog_name="kindmesh")


if __name__ == "__main__":
    main()
