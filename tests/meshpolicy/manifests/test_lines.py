"""The line of a field is the line that a reader of the file would point at."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.manifests.lines import Lines

TEXT = """\
a: 1
---
spec:
  rules:
    - path: /x
      port: 1
    - {path: /y,
       port: 2}
metadata:
  annotations:
    config.linkerd.io/opaque-ports: "1"
    config: {linkerd: z}
"""


@pytest.mark.parametrize(
    ("document", "field", "line"),
    [
        (1, "a", 1),
        (1, "b", 1),
        (2, "", 3),
        (2, "spec", 3),
        (2, "spec.rules", 4),
        (2, "spec.rules[0]", 5),
        (2, "spec.rules[0].port", 6),
        (2, "spec.rules[1].port", 8),
        (2, "spec.rules[2].port", 4),
        (2, "metadata.annotations.config.linkerd.io/opaque-ports", 11),
        (2, "metadata.annotations.config.linkerd", 12),
    ],
)
def test_a_field_is_found_on_its_line(document: int, field: str, line: int) -> None:
    assert Lines(TEXT, document)(field) == line


def test_a_document_before_invalid_yaml_has_its_lines() -> None:
    assert Lines("a: 1\n---\n- b: 1\n c\n", 1)("a") == 1


@given(
    st.recursive(
        st.integers(),
        lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, min_size=1) | st.lists(inner, min_size=1),
        max_leaves=8,
    ).filter(lambda data: isinstance(data, dict))
)
def test_every_field_of_a_document_in_block_style_has_a_line_that_bears_its_key(data: dict[str, object]) -> None:
    text = yaml.safe_dump(data)
    lines = text.splitlines()

    def check(value: object, field: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                path = f"{field}.{key}" if field else key
                assert f"{key}:" in lines[Lines(text, 1)(path) - 1]
                check(inner, path)
        if isinstance(value, list):
            for number, inner in enumerate(value):
                check(inner, f"{field}[{number}]")

    check(data, "")
