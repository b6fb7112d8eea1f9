"""Compares a value with a schema as the API server does, strictly: unknown fields count. Pure.

`complete` fills in defaults first, as the API server does before it looks at anything else.
Source: Kubernetes `apiextensions-apiserver/pkg/apiserver/{schema,validation}`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from meshpolicy.core.fields import Fields
from meshpolicy.kinds import cel
from meshpolicy.kinds.schemanode import INT_OR_STRING, PRESERVE, RANGES, RULES, TYPES, node_of, pattern
from meshpolicy.kinds.schemas import schemas_for

Violation = tuple[str, str]
"""A field, and what is wrong with it."""


class UnknownField(NamedTuple):
    """The violation that a field is given which the schema does not have."""

    field: str
    message: str


TOP_LEVEL = frozenset({"apiVersion", "kind", "metadata"})
ALIKE = 0.75
"""How much alike a name is to the one that it is a mistake for."""


def check_schema(document: Fields, stored: Fields) -> None:
    """Note every way in which an object, which `as_stored` gave its defaults, does not fit its kind and version."""
    api_version, kind = str(document.data.get("apiVersion", "")), str(document.data.get("kind", ""))
    group, _, version = api_version.rpartition("/")
    schemas = schemas_for(group, kind)
    if schemas and version not in schemas:
        served = " or ".join(f"{group}/{one}" if group else one for one in schemas)
        document.refuse("apiVersion", f"is `{api_version}`, which is no version of {kind}; write {served}")
    elif schemas:
        known = TOP_LEVEL | schemas[version]["properties"].keys()
        for name in document.data.keys() - known:
            document.refuse(str(name), f"is an unknown field; known are {', '.join(sorted(known))}")
        node = node_of(schemas[version])
        if version == list(schemas)[-1]:
            completed = {"spec": stored.data["spec"]} if "spec" in stored.data else {}
        else:
            completed = node.complete({"spec": document.data["spec"]} if "spec" in document.data else {})
        for field, message in () if node.fits(completed) else validate(completed, node.schema):
            document.refuse(field, message)


def as_stored(document: Fields) -> Fields:
    """Return an object as the API server stores it, with the defaults of its kind; other kinds as they are."""
    group, _, version = str(document.data.get("apiVersion", "")).rpartition("/")
    schemas = schemas_for(group, str(document.data.get("kind", "")))
    if version not in schemas:
        return document
    data, newest = complete(document.data, schemas[version]), list(schemas)[-1]
    return document.with_data(data if version == newest else complete(data, schemas[newest]))


def complete(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return the value with every default that it leaves out, and without nulls that may not be, at every depth.

    The value itself stays as it is. A null counts as left out, but for one in a list.
    """
    return node_of(schema).complete(value)


def validate(value: Any, schema: Mapping[str, Any], field: str = "") -> Iterator[Violation]:
    """Yield every way in which `value`, with its defaults filled in, does not fit."""
    if value is None and (schema.get("nullable") or not schema.keys() & {"type", INT_OR_STRING}):
        return
    if not _typed(value, schema):
        scalar = schema.get("type") == "string" and isinstance(value, bool | int | float)
        quotes = " (put it in quotes)" if scalar else ""
        yield field, f"is `{_shown(value)}`, where {_article(schema)} is expected{quotes}"
        return
    found = False
    for violation in _structure(value, schema, field):
        found = True
        yield violation
    if not found:
        yield from _rules(value, schema, field)


def _rules(value: Any, schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    """Yield the rules of the definition that a value of the right shape breaks."""
    for rule in schema.get(RULES, ()):
        try:
            if not cel.compiled(rule["rule"])(value):
                yield field, rule.get("message") or f"breaks the rule `{rule['rule']}`"
        except cel.Failed:
            yield field, f"lacks what the rule `{_shown(rule['rule'])}` needs"


def _structure(value: Any, schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    yield from _scalar(value, schema, field)
    if isinstance(value, dict):
        yield from _object(value, schema, field)
    elif isinstance(value, list):
        yield from _array(value, schema, field)
    meant = frozenset(_misspelt(value, schema).values()) if isinstance(value, dict) else frozenset[str]()
    chosen = meant.intersection(name for one in schema.get("oneOf", ()) for name in _names(one))
    if "oneOf" in schema and (fitting := _fitting(value, schema["oneOf"])) != 1 and not (chosen and not fitting):
        choice = " or ".join(dict.fromkeys(name for one in schema["oneOf"] for name in _names(one)))
        yield field, f"needs exactly one of {choice}" + ("" if fitting else "; it has none")
    if "anyOf" in schema and not _fitting(value, schema["anyOf"]):
        yield field, "fits none of the accepted forms"


def _typed(value: Any, schema: Mapping[str, Any]) -> bool:
    if schema.get(INT_OR_STRING):
        return isinstance(value, int | str) and not isinstance(value, bool)
    kinds = TYPES.get(schema.get("type", ""))
    if kinds is None:
        return True
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _scalar(value: Any, schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    # To Kubernetes' own kinds, whose schemas are nullable, an empty word is one that is left out.
    left_out = not value and schema.get("nullable")
    if "enum" in schema and value not in schema["enum"] and not left_out:
        yield field, f"is `{_shown(value)}`; accepted are {', '.join(map(str, schema['enum']))}"
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield field, "is empty" if not value else f"is longer than {schema.get('maxLength')} characters"
        elif "pattern" in schema and pattern(schema["pattern"]).search(value) is None:
            yield field, f"is `{_shown(value)}`, which does not match `{schema['pattern']}`"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        least, most = RANGES.get(schema.get("format", ""), (value, value))
        low, high = schema.get("minimum", least), schema.get("maximum", most)
        if not low <= value <= high:
            yield field, f"is {value}, where a number from {low} to {high} is expected"


def _object(value: dict[Any, Any], schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    misspelt = _misspelt(value, schema)
    for name in schema.get("required", ()):
        if name not in value and name not in misspelt.values():
            yield _join(field, name), "is missing"
    properties = schema.get("properties")
    rest = schema.get("additionalProperties")
    for name, part in value.items():
        if properties and name in properties:
            yield from validate(part, properties[name], _join(field, name))
        elif isinstance(rest, dict):
            yield from validate(part, rest, _join(field, name))
        elif properties is not None and not schema.get(PRESERVE):
            known = f"known are {', '.join(sorted(properties))}"
            hint = f"did you mean {misspelt[name]}?" if name in misspelt else known
            yield UnknownField(_join(field, name), f"is an unknown field; {hint}")


def _misspelt(value: Mapping[Any, Any], schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the unknown fields of an object, each with the one that is meant and lacks."""
    properties = schema.get("properties", {})
    unknown = [str(name) for name in value if name not in properties]
    if not unknown or not properties or isinstance(schema.get("additionalProperties"), dict):
        return {}
    from difflib import get_close_matches  # here, as few fields are misspelt

    lacking = sorted(properties.keys() - value.keys())
    found = ((name, get_close_matches(name, lacking, n=1, cutoff=ALIKE)) for name in unknown)
    return {name: close[0] for name, close in found if close}


def _array(value: list[Any], schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if not least <= len(value) <= most:
        wanted = f"at least {least}" if len(value) < least else f"at most {most}"
        yield field, f"holds {len(value)} entries, where {wanted} are expected"
    for number, part in enumerate(value):
        yield from validate(part, schema.get("items", {}), f"{field}[{number}]")
    yield from _repeated(value, schema, field)


def _repeated(value: list[Any], schema: Mapping[str, Any], field: str) -> Iterator[Violation]:
    """Yield what stands twice in a list that is a set, or a map by some keys of its items."""
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys", ())
    seen: list[Any] = []
    for number, part in enumerate(value):
        if kind == "map" and isinstance(part, dict):
            mark: Any = {key: part.get(key) for key in keys}
            shown = ", ".join(f"{key} `{_shown(part.get(key))}`" for key in keys)
        elif kind == "set":
            mark, shown = part, f"`{_shown(part)}`"
        else:
            continue
        if mark in seen:
            yield f"{field}[{number}]", f"repeats {shown}, which may stand once in this list"
        seen.append(mark)


def _fitting(value: Any, choices: list[Mapping[str, Any]]) -> int:
    """Return how many choices fit; unknown fields do not count, for a choice leaves fields to the schema around it."""
    return sum(all(isinstance(violation, UnknownField) for violation in validate(value, one)) for one in choices)


def _names(choice: Mapping[str, Any]) -> list[str]:
    return list(choice.get("required", ())) or [str(choice.get("type", "?"))]


def _join(field: str, name: object) -> str:
    return f"{field}.{name}" if field else str(name)


def _article(schema: Mapping[str, Any]) -> str:
    if schema.get(INT_OR_STRING):
        return "a number or a name"
    kind = schema["type"]
    return {"object": "an object", "array": "a list", "string": "a string", "boolean": "true or false"}.get(
        kind, "a number"
    )


def _shown(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"{text[:40]}…" if len(text) > 40 else text
