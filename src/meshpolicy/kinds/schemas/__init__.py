"""What the API server accepts for each kind: the schemas of the CustomResourceDefinitions, as data.

`python -m meshpolicy.kinds.schemas FOLDER` writes them anew from a folder of definitions.
"""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

Schema = dict[str, Any]


@cache
def schemas_for(group: str, kind: str) -> dict[str, Schema]:
    """Return the schema of each version of a kind; empty for a kind that is not known here."""
    name = f"{kind.lower()}.{group}.json"
    # Looked up among those that are here, not as a path: what a manifest says names no file.
    file = next((file for file in files(__name__).iterdir() if file.name == name), None)
    return {} if file is None else _read(file)


def _read(file: Traversable) -> dict[str, Schema]:
    found: dict[str, Schema] = json.loads(file.read_text())
    return found
