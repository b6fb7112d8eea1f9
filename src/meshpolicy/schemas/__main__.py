"""Writes the schemas of this folder from CustomResourceDefinitions: `python -m meshpolicy.schemas FOLDER`."""

import json
import sys
from pathlib import Path
from typing import Any

from meshpolicy.load import load

KEPT = {
    "type",
    "enum",
    "pattern",
    "required",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "oneOf",
    "anyOf",
    "not",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-int-or-string",
}
NESTED = {"properties", "items", "additionalProperties"}
KINDS = {
    "AuthorizationPolicy",
    "EgressNetwork",
    "ExternalWorkload",
    "GRPCRoute",
    "HTTPLocalRateLimitPolicy",
    "HTTPRoute",
    "MeshTLSAuthentication",
    "NetworkAuthentication",
    "Server",
    "ServerAuthorization",
    "TLSRoute",
}


def trimmed(schema: Any) -> Any:
    """Return a schema without descriptions, defaults and rules in CEL."""
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: [trimmed(s) for s in value] if key in ("oneOf", "anyOf") else value
        for key, value in schema.items()
        if key in KEPT
    }
    if "properties" in schema:
        kept["properties"] = {name: trimmed(value) for name, value in schema["properties"].items()}
    for key in NESTED & schema.keys() - {"properties"}:
        kept[key] = trimmed(schema[key])
    return kept


def main() -> None:
    """Write one file a kind."""
    documents, problems = load(sys.argv[1:2])
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    for document in documents:
        spec: Any = document.data.get("spec")
        if document.data.get("kind") != "CustomResourceDefinition" or spec["names"]["kind"] not in KINDS:
            continue
        shapes = {v["name"]: trimmed(v["schema"]["openAPIV3Schema"]) for v in spec["versions"]}
        shapes = {name: {"properties": {"spec": shape["properties"]["spec"]}} for name, shape in shapes.items()}
        file = Path(__file__).parent / f"{spec['names']['kind'].lower()}.{spec['group']}.json"
        file.write_text(json.dumps(shapes, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
