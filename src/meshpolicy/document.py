"""One document of a manifest, before it is understood. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from meshpolicy.errors import Place


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document that is a mapping, and where it stands."""

    place: Place
    data: Mapping[str, object]
