"""Whatever the bytes: the reader and the parser collect problems, raise nothing, and do not blow up."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshpolicy.core.errors import Problem
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.text import read

from .build import ARENA, allow, documents, exact, network, network_policy, route, server, tls
from .exercise import exercised

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 70000)
    | st.text(max_size=8)
    | st.sampled_from(["/x", "10.0.0.0/8", "*"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
VALID = (*ARENA, server(), allow(), tls("*"), network("10.0.0.0/8"), route(exact("/x")), network_policy(ingress=[{}]))


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_raise(text: bytes) -> None:
    exercised(text)


@given(st.text(alphabet="&*a:[]{}-#!|>'\" \n\t?,%@`1~<=", max_size=60))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_yaml_raises(text: str) -> None:
    exercised(text.encode())


@given(st.sampled_from(VALID), st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_change_of_a_field_raises(manifest: dict[str, Any], data: st.DataObject) -> None:
    """A value of any kind may stand where another was expected, at any depth."""
    changed = json.loads(json.dumps(manifest))
    at: Any = changed
    while isinstance(at, dict | list) and at:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            at[key] = data.draw(VALUES)
            break
        at = at[key]
    exercised(json.dumps(changed).encode())


@pytest.mark.parametrize(
    "kind",
    ["a" * 300, "/../" * 3, "\\0"],
    ids=["longer than a file's name", "a path", "no character of a path"],
)
def test_what_fuzzing_found_in_a_kind_raises_no_more(kind: str) -> None:
    assert exercised(f'{{apiVersion: x/v1, kind: "{kind}", metadata: {{name: a}}}}'.encode()) == []


def test_an_alias_bomb_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    problems = exercised("\n".join(lines).encode())
    assert "its aliases make it larger than any manifest" in problems[0].message


def test_deep_nesting_is_refused() -> None:
    assert exercised(b"[" * 5000 + b"]" * 5000)
    assert exercised(b"b: &b 1\na: " + b"{a: " * 300 + b"*b" + b"}" * 300)


def test_aliases_of_usual_size_are_read() -> None:
    problems: list[Problem] = []
    found = list(read("x", b"a: &a {b: 1}\nc: *a\n", problems))
    assert problems == []
    assert found[0].data == {"a": {"b": 1}, "c": {"b": 1}}


def test_the_fuzzed_manifests_are_valid_to_begin_with() -> None:
    assert parse_documents(documents(*VALID)).problems == ()
