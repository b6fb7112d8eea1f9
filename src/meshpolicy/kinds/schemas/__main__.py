"""Writes the schemas of this folder from CustomResourceDefinitions: `python -m meshpolicy.kinds.schemas FOLDER`."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from meshpolicy.kinds.registry import KINDS

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
    "allOf",
    "not",
    "default",
    "format",
    "nullable",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-int-or-string",
}
NESTED = {"properties", "items", "additionalProperties"}
CHOICES = {"oneOf", "anyOf", "allOf"}
RULES = "x-kubernetes-validations"


def trimmed(schema: Any) -> Any:
    """Return a schema without descriptions, and of its rules the texts and messages."""
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: [trimmed(s) for s in value] if key in CHOICES else value for key, value in schema.items() if key in KEPT
    }
    if "properties" in schema:
        kept["properties"] = {name: trimmed(value) for name, value in schema["properties"].items()}
    if RULES in schema:
        kept[RULES] = [{key: rule[key] for key in ("rule", "message") if key in rule} for rule in schema[RULES]]
    for key in NESTED & schema.keys() - {"properties"}:
        kept[key] = trimmed(schema[key])
    return kept


def _of_spec(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a schema says about `spec`, and whether there is a status; metadata is the same for every kind."""
    parts = {"spec": schema["properties"]["spec"]} | ({"status": {}} if "status" in schema["properties"] else {})
    found = {"properties": parts, "required": schema.get("required", [])}
    return found | {key: schema[key] for key in (RULES,) if key in schema}


def main() -> None:
    """Write one file a kind, its versions in order of age, the one in which it is stored last."""
    files = sorted(Path(sys.argv[1]).rglob("*.yaml"))
    for document in (document for file in files for document in yaml.safe_load_all(file.read_text())):
        spec: Any = document.get("spec")
        if document.get("kind") != "CustomResourceDefinition" or (spec["group"], spec["names"]["kind"]) not in KINDS:
            continue
        served = sorted((v for v in spec["versions"] if v["served"]), key=lambda v: bool(v["storage"]))
        versions = {v["name"]: _of_spec(trimmed(v["schema"]["openAPIV3Schema"])) for v in served}
        file = Path(__file__).parent / f"{spec['names']['kind'].lower()}.{spec['group']}.json"
        file.write_text(json.dumps(versions, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
