"""How a value is compared with a schema, and what the API server fills in first."""

from typing import Any

import pytest

from meshpolicy.kinds.schema import complete, validate

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
BY_NAME = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name", "kind"]}
NAMED = {"type": "object", "properties": {"name": TEXT, "kind": {"type": "string", "default": "A"}}}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"properties": {"a": {"default": 1}}}, {}, {"a": 1}),
        ({"properties": {"a": {"default": 1}}}, {"a": 2}, {"a": 2}),
        ({"properties": {"a": {"default": 1}}}, {"a": None}, {"a": 1}),
        ({"properties": {"a": TEXT}}, {"a": None}, {}),
        ({"properties": {"a": TEXT | {"nullable": True}}}, {"a": None}, {"a": None}),
        ({"additionalProperties": TEXT}, {"a": None}, {}),
        ({"items": TEXT}, [None], [None]),
        ({"properties": {"a": {"default": {}, "properties": {"b": {"default": 1}}}}}, {}, {"a": {"b": 1}}),
        ({"properties": {"a": {"properties": {"b": {"default": 1}}}}}, {}, {}),
        ({"items": {"properties": {"a": {"default": 1}}}}, [{}, {"a": 2}], [{"a": 1}, {"a": 2}]),
        ({"additionalProperties": {"properties": {"a": {"default": 1}}}}, {"x": {}}, {"x": {"a": 1}}),
        ({"type": "integer"}, "x", "x"),
    ],
)
def test_what_is_left_out_is_filled_in(schema: dict[str, Any], value: Any, expected: Any) -> None:
    """A default inside of an object that is left out stays out; one in a default does not."""
    before = repr(value)
    assert complete(value, schema) == expected
    assert repr(value) == before


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (TEXT, "a", []),
        (TEXT, None, [""]),
        (TEXT | {"nullable": True}, None, []),
        (NUMBER, 1.5, [""]),
        (NUMBER, True, [""]),
        ({"x-kubernetes-int-or-string": True}, None, [""]),
        ({"x-kubernetes-int-or-string": True}, "http", []),
        (NUMBER | {"format": "int32"}, 2**31, [""]),
        (NUMBER | {"format": "int32"}, 2**31 - 1, []),
        (NUMBER | {"format": "int64"}, 2**63, [""]),
        ({"required": ["a"]}, {}, ["a"]),
        ({"properties": {"a": TEXT}, "required": ["a"]}, {"a": None}, ["a"]),
        ({"properties": {"a": TEXT}}, {"b": 1}, ["b"]),
        ({"items": TEXT, "x-kubernetes-list-type": "set"}, ["x", "X", "x"], ["[2]"]),
        ({"items": TEXT, "x-kubernetes-list-type": "atomic"}, ["x", "x"], []),
        ({"items": NAMED, **BY_NAME}, [{"name": "x"}, {"name": "X"}], []),
        ({"items": NAMED, **BY_NAME}, [{"name": "x"}, {"name": "x", "kind": "B"}], []),
        ({"items": NAMED, **BY_NAME}, [{"name": "x"}, {"name": "x", "kind": "A"}], ["[1]"]),
        ({"x-kubernetes-validations": [{"rule": "self.a < self.b", "message": "too much"}]}, {"a": 2, "b": 1}, [""]),
        ({"x-kubernetes-validations": [{"rule": "self.a < self.b"}]}, {"a": 2}, [""]),
    ],
)
def test_every_violation_has_its_field(schema: dict[str, Any], value: Any, expected: list[str]) -> None:
    """Items of a list are told apart by their keys once defaults are filled in."""
    assert [field for field, _ in validate(complete(value, schema), schema)] == expected


def test_a_rule_speaks_for_itself() -> None:
    schema = {"x-kubernetes-validations": [{"rule": "self > 1", "message": "must be more than one"}]}
    assert list(validate(1, schema, "spec.a")) == [("spec.a", "must be more than one")]


CHOICE = {"properties": {"podSelector": {}, "port": {}}, "required": ["port"]}
ONE_OF = CHOICE | {"oneOf": [{"required": ["podSelector"]}, {"required": ["other"]}]}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (CHOICE, {"prt": 1}, ["prt: is an unknown field; did you mean port?"]),
        (CHOICE, {"x": 1}, ["port: is missing", "x: is an unknown field; known are podSelector, port"]),
        (CHOICE, {"port": 1, "prt": 1}, ["prt: is an unknown field; known are podSelector, port"]),
        (ONE_OF, {"port": 1, "podSelectr": 1}, ["podSelectr: is an unknown field; did you mean podSelector?"]),
        (ONE_OF, {"port": 1}, [": needs exactly one of podSelector or other; it has none"]),
    ],
)
def test_a_misspelt_field_is_one_mistake_and_not_a_missing_one_as_well(
    schema: dict[str, Any], value: Any, expected: list[str]
) -> None:
    assert [f"{field}: {message}" for field, message in validate(value, schema)] == expected
