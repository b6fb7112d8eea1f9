"""What the API server accepts for each kind: the shapes of the CustomResourceDefinitions, as data.

`python -m meshpolicy.schemas FOLDER` writes them anew from a folder of definitions.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

Schema = dict[str, Any]


@cache
def shapes(group: str, kind: str) -> dict[str, Schema]:
    """Return the schema of each version of a kind; empty for a kind that is not known here."""
    file = files(__name__) / f"{kind.lower()}.{group}.json"
    if not file.is_file():
        return {}
    found: dict[str, Schema] = json.loads(file.read_text())
    return found
