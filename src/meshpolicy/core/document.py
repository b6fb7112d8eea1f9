"""One document of a manifest. A pure value: reading files is `load`'s."""

from collections.abc import Mapping
from dataclasses import dataclass

from meshpolicy.core.errors import Place


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML or JSON document that is a mapping, and where it stands."""

    place: Place
    data: Mapping[str, object]
