"""What the API server accepts for each kind: schemas, as data.

`crds.json` holds those of the CustomResourceDefinitions of Linkerd and the Gateway API.
`kubernetes.json` holds those of Kubernetes' own kinds, from its OpenAPI document (1.36.4), with the ranges and words
that its validation adds. `python -m meshpolicy.kinds.schemas SOURCE` writes one of them anew: from a folder of
definitions, or from `api/openapi-spec/swagger.json`.
"""

import json
from functools import cache
from pkgutil import get_data
from typing import Any

Schema = dict[str, Any]
DEFINED, KUBERNETES = "crds.json", "kubernetes.json"
SAME = {("gateway.networking.k8s.io", "GRPCRoute"): {"v1alpha2": "v1"}}
"""Versions that some definitions serve and those here do not, by the version that they are like.

GRPCRoute v1alpha2: the chart linkerd-crds serves it (gateway.networking.k8s.io_grpcroutes.yaml), newer bundles do not.
"""


@cache
def schemas_for(group: str, kind: str) -> dict[str, Schema]:
    """Return the schema of each served version of a kind, the stored one last; empty for a kind not known here."""
    found = _defined().get(group, {}).get(kind)
    if found is None:
        return _kubernetes().get((group, kind), {})
    return {old: found[new] for old, new in SAME.get((group, kind), {}).items() if new in found} | found


def _read(name: str) -> Any:
    content = get_data(__name__, name)
    assert content is not None  # noqa: S101 # whatever holds this module holds its data
    return json.loads(content)


@cache
def _defined() -> dict[str, dict[str, dict[str, Schema]]]:
    found: dict[str, dict[str, dict[str, Schema]]] = _read(DEFINED)
    return found


@cache
def _kubernetes() -> dict[tuple[str, str], dict[str, Schema]]:
    """Return the schemas of Kubernetes' own kinds; what several of them have is one object."""
    data = _read(KUBERNETES)
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
        (group, kind): {"v1": {"properties": {**parts, "spec": resolved({"$ref": parts["spec"]})}}}
        for group, kinds in data["kinds"].items()
        for kind, parts in kinds.items()
    }


def known_kinds() -> tuple[tuple[str, str], ...]:
    """Return group and kind of all that are known here."""
    defined = ((group, kind) for group, kinds in _defined().items() for kind in kinds)
    return tuple(sorted((*defined, *_kubernetes())))
