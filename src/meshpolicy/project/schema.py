"""The JSON schema of `meshpolicy.yaml`, made from its reader's fields, for completion in editors. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from meshpolicy.core.policy import DefaultPolicy
from meshpolicy.findings.registry import codes
from meshpolicy.kinds.helmvalues import MODES
from meshpolicy.project.read import CLAIM_FIELDS, FIELDS, RENDER_FIELDS, SETTINGS, SUPPRESSION_FIELDS

Schema = dict[str, Any]
DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft of JSON Schema that the YAML servers of editors support."""
FILE = ".meshpolicy.schema.json"
TEXT: Schema = {"type": "string", "minLength": 1}
TEXTS: Schema = {"type": "array", "items": TEXT}


def schema() -> Schema:
    """Return the schema."""
    return {
        "$schema": DRAFT,
        "title": "meshpolicy.yaml",
        **_object({name: {"description": said, **_field(name)} for name, said in FIELDS.items()}),
        "anyOf": [{"required": ["sources"]}, {"required": ["renders"]}],
    }


def _object(fields: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": dict(fields),
        **({"required": list(required)} if required else {}),
    }


def _field(name: str) -> Schema:
    """Return the schema of a field."""
    match name:
        case "namespace" | "accepted":
            return {"type": "string"}
        case "closedWorld":
            return {"type": "boolean"}
        case "variables":
            return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
        case "cluster":
            return _object({setting: _setting(setting) for setting in SETTINGS})
        case "renders":
            of = {one: TEXTS if one == "values" else TEXT for one in RENDER_FIELDS}
            one_of = [{"required": ["kustomize"]}, {"required": ["helm"]}]
            return {"type": "array", "items": {**_object(of), "oneOf": one_of}}
        case "prove":
            claim = _object(dict.fromkeys(CLAIM_FIELDS, TEXT), ["sentence"])
            return {"type": "array", "items": {"anyOf": [TEXT, claim]}}
        case "suppress":
            known: dict[str, Schema] = {
                "code": {"enum": sorted(code.code for code in codes())},
                "expires": {"type": "string"},
            }
            return {
                "type": "array",
                "items": _object(
                    {one: known.get(one, TEXT) for one in SUPPRESSION_FIELDS}, ["code", "object", "reason"]
                ),
            }
        case _:
            return TEXTS


def _setting(name: str) -> Schema:
    """Return the schema of a setting of the mesh."""
    match name:
        case "defaultInboundPolicy":
            return {"enum": [str(one) for one in DefaultPolicy]}
        case "outboundTransportMode":
            return {"enum": list(MODES)}
        case "clusterNetworks" | "probeNetworks":
            return TEXTS
        case _:
            return TEXT
