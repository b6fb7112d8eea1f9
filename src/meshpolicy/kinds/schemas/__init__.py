"""What the API server accepts for each kind: the schemas of the CustomResourceDefinitions, as data.

`python -m meshpolicy.kinds.schemas FOLDER` writes them anew from a folder of definitions.
`kubernetes.json` holds Kubernetes' own workloads and Services, from its OpenAPI document (1.36), with the ranges and
words that `pkg/apis/core/validation` adds.
"""

import json
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

Schema = dict[str, Any]
KUBERNETES = "kubernetes.json"
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
        return _kubernetes().get((group, kind), {})
    found = _read(file)
    return {old: found[new] for old, new in SAME.get((group, kind), {}).items() if new in found} | found


@cache
def _kubernetes() -> dict[tuple[str, str], dict[str, Schema]]:
    """Return the schemas of Kubernetes' own kinds; what several of them have is one object."""
    data = json.loads((files(__name__) / KUBERNETES).read_text())
    made: dict[str, Schema] = {}

    def resolved(schema: Schema) -> Schema:
        if name := schema.get("$ref"):
            if name not in made:
                made[name] = {}
                made[name].update(resolved(data["definitions"][name]))
            return made[name]
        found = {**schema, "nullable": True}  # To Kubernetes' own decoder, null is a field that is not there.
        for key in ("items", "additionalProperties"):
            if key in schema:
                found[key] = resolved(schema[key])
        if "properties" in schema:
            found["properties"] = {field: resolved(part) for field, part in schema["properties"].items()}
        return found

    return {
        (group, kind): {"v1": {"properties": {"spec": resolved({"$ref": spec}), "status": {}}}}
        for group, kinds in data["kinds"].items()
        for kind, spec in kinds.items()
    }


def known_kinds() -> tuple[tuple[str, str], ...]:
    """Return group and kind, in lower case, of all that are known here."""
    found = (file.name for file in files(__name__).iterdir() if file.name.endswith(".json") and file.name != KUBERNETES)
    names = (name.removesuffix(".json") for name in found)
    return tuple(sorted((group, kind) for kind, _, group in (name.partition(".") for name in names)))


def _read(file: Traversable) -> dict[str, Schema]:
    found: dict[str, Schema] = json.loads(file.read_text())
    return found
