"""Writes the schemas of this folder: `python -m meshpolicy.kinds.schemas SOURCE`.

SOURCE is a folder of CustomResourceDefinitions, or `api/openapi-spec/swagger.json` of Kubernetes.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from meshpolicy.kinds.registry import KINDS
from meshpolicy.kinds.schemas import DEFINED, KUBERNETES
from meshpolicy.kinds.schemas.openapi import kubernetes

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


def defined(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the schemas of the CustomResourceDefinitions in a folder, of kinds known here: by group, kind and version.

    The version in which a kind is stored comes last.
    """
    found: dict[str, dict[str, Any]] = {}
    texts = (file.read_text() for file in sorted(folder.rglob("*.yaml")))
    documents = (one for text in texts for one in yaml.load_all(text, yaml.CSafeLoader))
    for document in documents:
        spec: Any = document.get("spec") if document else None
        if not spec or document.get("kind") != "CustomResourceDefinition":
            continue
        group, kind = spec["group"], spec["names"]["kind"]
        if (group, kind) in KINDS:
            served = sorted((v for v in spec["versions"] if v["served"]), key=lambda v: bool(v["storage"]))
            versions = {v["name"]: _of_spec(trimmed(v["schema"]["openAPIV3Schema"])) for v in served}
            found.setdefault(group, {})[kind] = versions
    return found


def main() -> None:
    """Write the file that the source describes."""
    source = Path(sys.argv[1])
    name = DEFINED if source.is_dir() else KUBERNETES
    found = defined(source) if source.is_dir() else kubernetes(json.loads(source.read_text()))
    (Path(__file__).parent / name).write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
