"""Writes the schemas of this folder from CustomResourceDefinitions: `python -m meshpolicy.kinds.schemas FOLDER`."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

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
    files = sorted(Path(sys.argv[1]).rglob("*.yaml"))
    for document in (document for file in files for document in yaml.safe_load_all(file.read_text())):
        spec: Any = document.get("spec")
        if document.get("kind") != "CustomResourceDefinition" or spec["names"]["kind"] not in KINDS:
            continue
        versions = {v["name"]: trimmed(v["schema"]["openAPIV3Schema"]) for v in spec["versions"]}
        versions = {name: {"properties": {"spec": shape["properties"]["spec"]}} for name, shape in versions.items()}
        file = Path(__file__).parent / f"{spec['names']['kind'].lower()}.{spec['group']}.json"
        file.write_text(json.dumps(versions, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
