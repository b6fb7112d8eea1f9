"""The rules of definitions, as the API server evaluates them."""

from typing import Any

import pytest

from meshpolicy.kinds.cel import Failed, Unsupported, compiled
from meshpolicy.kinds.schemanode import RULES
from meshpolicy.kinds.schemas import known_kinds, schemas_for


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("self == 'a'", "a", True),
        ("self != 'a'", "a", False),
        ("self in ['a', 'b']", "b", True),
        ("1 + 2 <= 3 && !(2 < 1)", None, True),
        ("self > 1 ? self < 3 : self == 0", 2, True),
        ("has(self.a) ? self.a : true", {}, True),
        ("has(self.a.b)", {"a": {"b": False}}, True),
        ("self.__namespace__ == 'x'", {"namespace": "x"}, True),
        ("size(self) == 2 && self.size() == 2", [1, 2], True),
        ("self[1] == 2", [1, 2], True),
        ("self.all(x, x > 0)", [1, 2], True),
        ("self.all(x, self.exists(y, y == x))", [1, 2], True),
        ("self.exists_one(x, x == 1)", [1, 1], False),
        ("self.filter(x, x == 1).size() <= 1", [1, 1], False),
        (r'self.matches(r"""^a\.b$""")', "a.b", True),
        (r"self.matches('^a\\.b$')", "aXb", False),
        (r'self.matches(r"""^(?i)ab$""")', "AB", True),
        ("self.matches('^a$')", "a\n", False),
        ("self.startsWith('a') && self.endsWith('c') && self.contains('b')", "abc", True),
        ("self.substring(2) == 'c'", "abc", True),
        ("self.split('/')[0].size() == 2", "ab/c", True),
        ("duration(self) > duration('1m')", "90s", True),
        ("isIP(self)", "fd00::1", True),
        ("isIP(self)", "fd00::1%eth0", False),
        ("isIP(self)", "a.example", False),
        ("false && self.missing == 1", {}, False),
        ("self.missing == 1 && false", {}, False),
        ("self.missing == 1 || true", {}, True),
    ],
)
def test_a_rule_holds_or_not(rule: str, value: Any, expected: bool) -> None:
    """A side of && or || that decides outweighs one that cannot be evaluated."""
    assert compiled(rule)(value) is expected


@pytest.mark.parametrize(
    ("rule", "value"),
    [("self.a == 1", {}), ("self.a == 1 || false", {}), ("self[0]", []), ("duration(self) > duration('1s')", "soon")],
)
def test_a_rule_that_cannot_be_evaluated_fails(rule: str, value: Any) -> None:
    with pytest.raises(Failed):
        compiled(rule)(value)


@pytest.mark.parametrize("rule", ["self.map(x, x)", "quantity(self)", "self ==", "(self", "self @ 1", "has(self)", ""])
def test_a_rule_beyond_what_is_known_is_told_apart(rule: str) -> None:
    with pytest.raises(Unsupported):
        compiled(rule)


def test_every_rule_of_every_kind_is_known() -> None:
    count = 0

    def walk(part: Any) -> None:
        nonlocal count
        if isinstance(part, dict):
            for rule in part.get(RULES, ()):
                compiled(rule["rule"])
                count += 1
            part = list(part.values())
        if isinstance(part, list):
            for inner in part:
                walk(inner)

    for group, kind in known_kinds():
        walk(schemas_for(group, kind))
    assert count > 100
