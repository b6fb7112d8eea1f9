"""What the API server accepts for each kind: the schemas of the CustomResourceDefinitions, as data.

`python -m meshpolicy.kinds.schemas FOLDER` writes them anew from a folder of definitions.
"""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

Schema = dict[str, Any]
SAME = {("gateway.networking.k8s.io", "GRPCRoute"): {"v1alpha2": "v1"}}
"""Versions that some definitions serve and those here do not, by the version that they are like.

GRPCRoute v1alpha2: the chart linkerd-crds serves it (gateway.networking.k8s.io_grpcroutes.yaml), newer bundles do not.
"""


@cache
def schemas_for(group: str, kind: str) -> dict[str, Schema]:
    """Return the schema of each served version of a kind, the stored one last; empty for a kind not known here."""
    name = f"{kind.lower()}.{group}.json"
    # Looked up among those that are here, not as a path: what a manifest says names no file.
    file = next((file for file in files(__name__).iterdir() if file.name == name), None)
    if file is None:
        return {}
    found = _read(file)
    return {old: found[new] for old, new in SAME.get((group, kind), {}).items() if new in found} | found


def known_kinds() -> tuple[tuple[str, str], ...]:
    """Return group and kind, in lower case, of all that are known here."""
    names = (file.name.removesuffix(".json") for file in files(__name__).iterdir() if file.name.endswith(".json"))
    return tuple(sorted((group, kind) for kind, _, group in (name.partition(".") for name in names)))


def _read(file: Traversable) -> dict[str, Schema]:
    found: dict[str, Schema] = json.loads(file.read_text())
    return found
