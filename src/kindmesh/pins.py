"""The pinned versions, read from mesh/versions.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from kindmesh.errors import BadInput

FILE = "mesh/versions.toml"


class Kind(StrEnum):
    """What is pinned."""

    TOOL = "tool"
    IMAGE = "image"
    CRDS = "crds"
    CHART = "chart"


class Tier(StrEnum):
    """How far a version was checked."""

    RUN = "run"
    RENDERED = "rendered"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Pin:
    """One version, where it is from, and how far it was checked."""

    name: str
    version: str
    kind: Kind
    source: str
    tier: Tier
    date: str
    repository: str = ""
    image: str = ""
    digest: str = ""
    url: str = ""
    why: str = ""

    @property
    def reference(self) -> str:
        """What is pulled: an image with its digest, a chart with its repository, or a file."""
        match self.kind:
            case Kind.IMAGE:
                return f"{self.image}:{self.version}" + (f"@{self.digest}" if self.digest else "")
            case Kind.CHART:
                return f"{self.repository}/{self.name}"
            case Kind.CRDS:
                return self.url
            case Kind.TOOL:
                return self.name


def read_pins(root: Path) -> Mapping[str, Pin]:
    """Return all pins by name."""
    try:
        text = (root / FILE).read_text()
    except OSError as error:
        raise BadInput(f"{FILE}: {error.strerror}", "it names every version that `up` installs") from error
    return parse(text)


def parse(text: str) -> Mapping[str, Pin]:
    """Return the pins of a TOML text; every one must say what it is, from where, and how far it was checked."""
    try:
        tables = tomllib.loads(text).get("pin")
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{FILE}: {error}") from error
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise BadInput(f"{FILE}: a list of tables is expected, each under [[pin]]")
    pins = [_pin(number, table) for number, table in enumerate(tables, 1)]
    if len({pin.name for pin in pins}) < len(pins):
        raise BadInput(f"{FILE}: a name is pinned twice")
    return {pin.name: pin for pin in pins}


def _pin(number: int, table: Mapping[str, Any]) -> Pin:
    fields = {key: str(value) for key, value in table.items() if key not in {"kind", "tier"}}
    try:
        return Pin(kind=Kind(table["kind"]), tier=Tier(table["tier"]), **fields)
    except (TypeError, KeyError, ValueError) as error:
        raise BadInput(f"{FILE}, pin {number} ({table.get('name', 'unnamed')}): {error}") from error
