"""What is told at once of a value is what the closer look tells, too."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.fields import Fields
from meshpolicy.kinds.schema import as_stored, check_schema, validate
from meshpolicy.kinds.schemanode import node_of
from meshpolicy.kinds.schemas import schemas_for
from meshpolicy.manifests.load import load

from ..command import OWN

NAMES = st.sampled_from(("a", "b", "c"))
SCALARS = st.sampled_from((None, True, False, 0, 1, 70000, 2**40, 1.5, "", "a", "bb", "ccc"))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
MORE: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "nullable": st.booleans(),
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "default": SCALARS,
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(1, 3),
        "pattern": st.sampled_from(("^a", "b$", "c+")),
        "minimum": st.integers(0, 2),
        "maximum": st.integers(0, 2),
        "format": st.sampled_from(("int32", "int64", "other")),
        "minItems": st.integers(0, 2),
        "maxItems": st.integers(0, 2),
        "x-kubernetes-list-type": st.sampled_from(("set", "map", "atomic")),
        "x-kubernetes-list-map-keys": st.just(["a"]),
        "x-kubernetes-int-or-string": st.booleans(),
        "x-kubernetes-preserve-unknown-fields": st.booleans(),
        "x-kubernetes-validations": st.just([{"rule": "has(self.a)"}]),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "oneOf": st.sampled_from(
            (
                [{"required": ["a"]}, {"required": ["b"]}],
                [{"required": ["a"], "properties": {"a": {"type": "string"}}}, {"required": ["b"]}],
                [{"properties": {"a": {"enum": ["a"]}}}, {"properties": {"b": {"type": "object", "properties": {}}}}],
            )
        ),
        "anyOf": st.just([{"type": "integer"}, {"type": "string"}]),
    },
)
TYPES = st.sampled_from(("object", "array", "string", "integer", "number", "boolean"))
LEAVES = st.builds(lambda kind, more: {"type": kind} | more, TYPES, MORE) | MORE
SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(
            lambda parts, more: {"type": "object", "properties": parts} | more,
            st.dictionaries(NAMES, inner, max_size=3),
            MORE,
        )
        | st.builds(lambda part, more: {"type": "object", "additionalProperties": part} | more, inner, MORE)
        | st.builds(lambda part, more: {"type": "array", "items": part} | more, inner, MORE)
    ),
    max_leaves=5,
)
BOUNDS = settings(max_examples=100, deadline=None, derandomize=True)


def completed(value: Any, schema: dict[str, Any]) -> Any:
    """Return a value with its defaults, worked out anew at every depth."""
    if isinstance(value, list):
        return [completed(part, schema.get("items", {})) for part in value]
    if not isinstance(value, dict):
        return value
    rest = schema.get("additionalProperties")
    parts = schema.get("properties", {})
    found = {}
    for name, part in value.items():
        own = parts.get(name, rest)
        if own is None:
            found[name] = part
        elif part is not None or own.get("nullable"):
            found[name] = completed(part, own)
    lacking = {name: own for name, own in parts.items() if name not in found and "default" in own}
    return found | {name: completed(own["default"], own) for name, own in lacking.items()}


@given(SCHEMAS, VALUES)
@BOUNDS
def test_a_value_that_fits_at_once_has_nothing_wrong_with_it(schema: dict[str, Any], value: Any) -> None:
    """Whatever the schema says; where it is not told at once, `validate` decides."""
    node = node_of(schema)
    if node.fits(value):
        assert list(validate(value, schema)) == []


@given(SCHEMAS, VALUES)
@BOUNDS
def test_defaults_are_filled_in_as_at_every_depth_and_the_value_stays_as_it_is(
    schema: dict[str, Any], value: Any
) -> None:
    before = deepcopy(value)
    assert node_of(schema).complete(value) == completed(value, schema)
    assert value == before


def test_what_needs_no_default_is_the_same_value() -> None:
    node = node_of({"properties": {"a": {"default": 1}, "b": {"items": {"type": "string"}}}})
    value = {"a": 2, "b": ["x"], "c": {}}
    assert node.complete(value) is value


@pytest.mark.parametrize("kind", ["Deployment", "Service", "Server", "HTTPRoute", "AuthorizationPolicy"])
def test_the_objects_of_this_project_fit_at_once(kind: str) -> None:
    """So they meet nothing slower."""
    documents = [one for one in load(OWN)[0] if one.data["kind"] == kind]
    for document in documents:
        group, _, version = str(document.data["apiVersion"]).rpartition("/")
        node = node_of(schemas_for(group, kind)[version])
        assert node.fits(node.complete({"spec": document.data["spec"]})), document.place
        fields = Fields(document.data, document.place, [])
        check_schema(fields, as_stored(fields))
        assert fields.problems == []
    assert documents
