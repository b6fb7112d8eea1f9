"""Prints the generated parts of the reference: `python -m kindmesh.reference versions`."""

import sys

from kindmesh.pins import Pin, read_pins
from kindmesh.settings import project_root

PARTS = ("versions",)


def versions() -> str:
    """Return the table of all pins."""
    lines = ["| what | version | from | checked | on |", "|---|---|---|---|---|"]
    lines += [_row(pin) for pin in read_pins(project_root()).values()]
    return "\n".join(lines)


def _row(pin: Pin) -> str:
    version = pin.version + (f"<br>`{pin.digest[:19]}…`" if pin.digest else "")
    source = pin.source + (f"<br>{pin.why}" if pin.why else "")
    return f"| {pin.name} ({pin.kind}) | {version} | {source} | {pin.tier} | {pin.date} |"


def main() -> None:
    """Print the part that is named."""
    if sys.argv[1:] != ["versions"]:
        sys.exit(f"usage: python -m kindmesh.reference {'|'.join(PARTS)}")
    sys.stdout.write(versions() + "\n")


if __name__ == "__main__":
    main()
