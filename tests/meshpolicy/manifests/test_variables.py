"""Variables of GitOps tools: a value that is given, else the default, else the variable itself."""

import pytest

from meshpolicy.manifests.variables import substituted, unset


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ("a: ${X}", {"X": "1"}, "a: 1"),
        ("a: ${X}", {}, "a: ${X}"),
        ("a: ${X:=10.0.0.0/8}", {}, "a: 10.0.0.0/8"),
        ("a: ${X:-b}", {}, "a: b"),
        ("a: ${X:=b}", {"X": "c"}, "a: c"),
        ("a: ${X:=}", {}, "a: "),
        ("a: $X, $(X), ${1}", {"X": "c"}, "a: $X, $(X), ${1}"),
    ],
)
def test_a_variable_is_filled_in(text: str, values: dict[str, str], result: str) -> None:
    assert substituted(text, values) == result


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"spec": {"networks": [{"cidr": "${A}"}]}}, ["A"]),
        ({"metadata": {"labels": {"${K}": "${V}"}}}, ["K", "V"]),
        ({"spec": {"containers": [{"command": ["sh", "-c", "echo ${HOME}"]}]}}, []),
        ({"spec": {"port": 1}}, []),
    ],
)
def test_a_variable_without_a_value_is_named_where_it_decides_something(data: object, names: list[str]) -> None:
    assert list(unset(data)) == names
