"""Schemas prepared for many values: what fills in defaults, and what tells at once that a value fits. Pure.

`kinds.schema` says what is wrong with a value; most values have nothing wrong with them, and meet only this.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cached_property, lru_cache
from operator import is_
from typing import Any

from meshpolicy.kinds import cel

Schema = Mapping[str, Any]
TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
RULES, INT_OR_STRING, PRESERVE = (
    "x-kubernetes-validations",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
)
RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


class SchemaNode:
    """One schema with what is asked of it again and again; the schemas of its parts follow when they are met."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.nullable = bool(schema.get("nullable"))
        self._null_fits = self.nullable or not schema.keys() & {"type", INT_OR_STRING}
        self._types = _types(schema)
        self._properties: Mapping[str, Schema] | None = schema.get("properties")
        rest = schema.get("additionalProperties")
        self._rest: Schema | None = rest if isinstance(rest, dict) else None
        self._open = self._properties is None or bool(schema.get(PRESERVE))
        self._parts: dict[str, SchemaNode | None] = {}
        self._required: frozenset[str] = frozenset(schema.get("required", ()))
        self._sized = bool(schema.keys() & {"minLength", "maxLength", "pattern"})
        self._bounded = bool(schema.keys() & {"minimum", "maximum"}) or schema.get("format", "") in RANGES
        self._chosen_from = bool(schema.keys() & {"enum", "oneOf", "anyOf", RULES})
        self._any_text = (self._types is None or str in self._types) and not self._sized and not self._chosen_from

    def part(self, name: str) -> "SchemaNode | None":
        """Return the schema of a field; None where it has none of its own."""
        try:
            return self._parts[name]
        except KeyError:
            schema = (self._properties or {}).get(name, self._rest)
            found = self._parts[name] = None if schema is None else node_of(schema)
            return found

    @cached_property
    def _items(self) -> "SchemaNode":
        return node_of(self.schema.get("items", {}))

    @cached_property
    def _defaults(self) -> tuple[tuple[str, "SchemaNode"], ...]:
        """Return the fields that have a default, each with its schema."""
        return tuple((name, node_of(part)) for name, part in (self._properties or {}).items() if "default" in part)

    def complete(self, value: Any) -> Any:
        """Return the value with every default that it leaves out, and without nulls that may not be, at every depth.

        The value itself stays as it is, and what nothing is added to is not copied.
        """
        kind = type(value)
        if kind is dict:
            return self._complete_object(value)
        if kind is list:
            items = self._items
            found = [items.complete(part) for part in value]
            return value if all(map(is_, found, value)) else found
        return value

    def _complete_object(self, value: dict[Any, Any]) -> dict[Any, Any]:
        found = value
        for name, part in value.items():
            node = self.part(name)
            if node is None:
                continue
            if part is None and not node.nullable:
                found = dict(value) if found is value else found
                del found[name]
                continue
            made = node.complete(part) if type(part) in (dict, list) else part
            if made is not part:
                found = dict(value) if found is value else found
                found[name] = made
        for name, node in self._defaults:
            if name not in found:
                found = dict(value) if found is value else found
                found[name] = node.complete(deepcopy(node.schema["default"]))
        return found

    def fits(self, value: Any) -> bool:
        """Whether a value, with its defaults filled in, fits for certain; no means that it must be looked at closer."""
        kind = type(value)
        if kind is str and self._any_text:
            return True
        if value is None:
            return self._null_fits
        if self._types is not None and kind not in self._types:
            return False
        if kind is dict:
            shaped = self._object_fits(value)
        elif kind is str:
            shaped = not self._sized or self._text_fits(value)
        elif kind is list:
            shaped = self._list_fits(value)
        else:
            shaped = kind is bool or not self._bounded or self._number_fits(value)
        return shaped and (not self._chosen_from or self._chosen(value))

    def _object_fits(self, value: dict[Any, Any]) -> bool:
        for name, part in value.items():
            node = self.part(name)
            if node is None:
                if not self._open:
                    return False
            elif not node.fits(part):
                return False
        return value.keys() >= self._required

    def _text_fits(self, value: str) -> bool:
        schema = self.schema
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            return False
        return "pattern" not in schema or pattern(schema["pattern"]).search(value) is not None

    def _list_fits(self, value: list[Any]) -> bool:
        schema, items = self.schema, self._items
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return False
        if len(value) > 1 and schema.get("x-kubernetes-list-type") in ("map", "set"):
            return False  # whether one stands there twice
        return all(items.fits(part) for part in value)

    def _number_fits(self, value: float) -> bool:
        schema = self.schema
        least, most = RANGES.get(schema.get("format", ""), (value, value))
        return bool(schema.get("minimum", least) <= value <= schema.get("maximum", most))

    def _chosen(self, value: Any) -> bool:
        """Whether a value is among the words, meets the choices, and breaks no rule."""
        schema = self.schema
        if "enum" in schema and value not in schema["enum"]:
            return False
        if "oneOf" in schema and not self._one_fits(value, schema["oneOf"]):
            return False
        if "anyOf" in schema and not any(node_of(one).fits(value) for one in schema["anyOf"]):
            return False
        try:
            return all(cel.compiled(rule["rule"])(value) for rule in schema.get(RULES, ()))
        except cel.Failed:
            return False

    @staticmethod
    def _one_fits(value: Any, choices: Sequence[Schema]) -> bool:
        """Whether exactly one choice fits; of choices that say more than what is required it is not told here."""
        if not isinstance(value, dict) or any(one.keys() != {"required"} for one in choices):
            return False
        return sum(all(name in value for name in one["required"]) for one in choices) == 1


def _types(schema: Schema) -> frozenset[type] | None:
    """Return the types that a value may have; None: any."""
    if schema.get(INT_OR_STRING):
        return frozenset((int, str))
    kinds = TYPES.get(schema.get("type", ""))
    return None if kinds is None else frozenset(kinds)


_NODES: dict[int, SchemaNode] = {}
"""Each keeps its schema, so that no other one gets its id."""


def node_of(schema: Schema) -> SchemaNode:
    """Return the node of a schema, which is made once."""
    found = _NODES.get(id(schema))
    if found is None:
        found = _NODES[id(schema)] = SchemaNode(schema)
    return found


@lru_cache(maxsize=512)
def pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern; a final `$` ends the text, not its last line."""
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", text))
