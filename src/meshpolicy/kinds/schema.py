"""Checks an object's name and fields as the API server does, strictly: unknown fields count. Pure."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from meshpolicy.core.fields import Fields
from meshpolicy.kinds.schemas import schemas_for

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
COLONS_ALLOWED = frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})
"""Kinds whose names are free; they decide nothing here."""

Violation = tuple[str, str]
"""A field, and what is wrong with it."""

TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def check_name(document: Fields) -> None:
    """Note a name that no object may bear."""
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    free = str(document.data.get("kind")) in COLONS_ALLOWED
    if isinstance(name, str) and name and not free and not NAME.fullmatch(name):
        message = f"is `{name}`: a name holds lower-case letters, digits, `-` and `.`, and ends in neither"
        document.refuse("metadata.name", message)


def check_schema(document: Fields) -> None:
    """Note every way in which the spec does not fit the schema of its kind and version."""
    group, _, version = str(document.data.get("apiVersion", "")).rpartition("/")
    schemas = schemas_for(group, str(document.data.get("kind", "")))
    if schemas and version not in schemas:
        document.refuse("apiVersion", f"has no version `{version}`; there are {', '.join(schemas)}")
    elif schemas:
        for field, message in validate({"spec": document.data.get("spec")}, schemas[version]):
            document.refuse(field, message)


def validate(value: Any, schema: Mapping[str, Any], field: str = "") -> Iterator[Violation]:
    """Yield every way in which `value` does not fit; a null counts as absent."""
    if value is None:
        return
    if not _typed(value, schema):
        yield field, f"is `{_shown(value)}`, where {_article(schema)} is expected"
        return
    yield from _scalar(value, schema, field)
    if isinstance(value, dict):
        yield from _object(value, schema, field)
    elif isinstance(value, list):
        yield from _array(value, schema, field)
    if "oneOf" in schema and (fitting := _fitting(value, schema["oneOf"])) != 1:
        choice = " or ".join(dict.fromkeys(name for one in schema["oneOf"] for name in _names(one)))
        yield field, f"needs exactly one of {choice}" + ("" if fitting else "; it has none")
    if "anyOf" in schema and not _fitting(value, schema["anyOf"]):
        yield field, "fits none of the accepted forms"


def _typed(value: Any, schema: Mapping[str, Any]) -> bool:
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, int | str) and not isinstance(value, bool)
    kinds = TYPES.get(schema.get("type", ""))
    if kinds is None:
        return True
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _scalar(value: Any, schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    if "enum" in schema and value not in schema["enum"]:
        yield field, f"is `{_shown(value)}`; accepted are {', '.join(map(str, schema['enum']))}"
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield field, "is empty" if not value else f"is longer than {schema.get('maxLength')} characters"
        elif "pattern" in schema and _pattern(schema["pattern"]).search(value) is None:
            yield field, f"is `{_shown(value)}`, which does not match `{schema['pattern']}`"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            yield field, f"is {value}, where a number from {low} to {high} is expected"


def _object(value: dict[Any, Any], schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    for name in schema.get("required", ()):
        if value.get(name) is None:
            yield _join(field, name), "is missing"
    properties = schema.get("properties")
    rest = schema.get("additionalProperties")
    for name, part in value.items():
        if properties and name in properties:
            yield from validate(part, properties[name], _join(field, name))
        elif isinstance(rest, dict):
            yield from validate(part, rest, _join(field, name))
        elif properties is not None and not schema.get("x-kubernetes-preserve-unknown-fields"):
            yield _join(field, name), f"is no known field; known are {', '.join(sorted(properties))}"


def _array(value: list[Any], schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if not least <= len(value) <= most:
        wanted = f"at least {least}" if len(value) < least else f"at most {most}"
        yield field, f"holds {len(value)} entries, where {wanted} are expected"
    for number, part in enumerate(value):
        yield from validate(part, schema.get("items", {}), f"{field}[{number}]")


def _fitting(value: Any, choices: list[Mapping[str, Any]]) -> int:
    """Return how many choices fit; a choice says what is required or which type, and knows no field by itself."""
    return sum(all(_needed(violation) for violation in validate(value, choice)) for choice in choices)


def _needed(violation: Violation) -> bool:
    """Whether a violation inside a choice does not count: structural schemas declare fields outside of it."""
    return violation[1].startswith("is no known field")


def _names(choice: Mapping[str, Any]) -> list[str]:
    return list(choice.get("required", ())) or [str(choice.get("type", "?"))]


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern; a final `$` ends the text, not its last line."""
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", text))


def _join(field: str, name: object) -> str:
    return f"{field}.{name}" if field else str(name)


def _article(schema: Mapping[str, Any]) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        return "a number or a name"
    kind = schema["type"]
    return {"object": "an object", "array": "a list", "string": "a text", "boolean": "true or false"}.get(
        kind, "a number"
    )


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{text[:40]}…" if len(text) > 40 else text
