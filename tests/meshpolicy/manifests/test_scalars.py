"""What Kubernetes' reader of YAML makes of one scalar."""

import pytest

from meshpolicy.core.errors import Problem
from meshpolicy.manifests.scalars import Scalar
from meshpolicy.manifests.text import read


def value(text: str) -> object:
    """Return what a document says for the key `a`."""
    problems: list[Problem] = []
    documents = list(read("a.yaml", text.encode(), problems))
    return problems[0].message if problems else documents[0].data.get("a", documents[0].data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8e3", 8000),
        ("8080.0", 8080),
        (".5", 0.5),
        ("+.5e1", 5),
        ("1.", 1),
        ("-0.0", 0),
        ("1e21", 1e21),
        ("1e400", "1e400"),
        ("9" * 5000, "9" * 5000),
        ("0x" + "f" * 5000, "0x" + "f" * 5000),
        (":".join(["59"] * 3000), ":".join(["59"] * 3000)),
        ("0o17620", 8080),
        ("017620", 8080),
        ("0x1F90", 8080),
        ("-0b11", -3),
        ("08", 8),
        ("1_000", 1000),
        ("_1", "_1"),
        ("1:30", "1:30"),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2.0**63),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("on", True),
        ("oFF", "oFF"),
        ("n", False),
        ("~", None),
        ("nULL", "nULL"),
        ("2001-12-14", "2001-12-14"),
        ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"),
        ("=", "="),
        ("0x", "0x"),
        ("'8e3'", "8e3"),
        ("! 8e3", "8e3"),
        ("!!str 8e3", "8e3"),
        ("!!int '8'", 8),
        ("!!float 8", 8),
        ("!!binary aGk=", "hi"),
        ("!Ref name", "name"),
        (".inf", "invalid YAML: column 4: `.inf` cannot be read as a number"),
        ("!!int 1.5", "invalid YAML: column 4: `1.5` cannot be read as int"),
        ("!!binary 4oJB", "\ufffd\ufffdA"),
        ("!!binary _", "invalid YAML: column 4: `_` cannot be read as binary"),
    ],
)
def test_a_scalar_is_what_kubernetes_makes_of_it(text: str, expected: Scalar) -> None:
    """The real reader (`sigs.k8s.io/yaml`) gave each of these."""
    found = value(f"a: {text}\n")
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("80: x", {"80": "x"}),
        ("on: x", {"true": "x"}),
        ("1.50: x", {"1.5": "x"}),
        ("8e6: x", {"8e+06": "x"}),
        ("0.1: x", {"0.1": "x"}),
        ("-0.0: x", {"-0": "x"}),
        (".inf: x", {".inf": "x"}),
        ("8e43: x", {".inf": "x"}),
        ("-8e43: x", {"-.inf": "x"}),
        ("~: x", "invalid YAML: column 1: `~` cannot be read as a key"),
        ("[1]: x", "invalid YAML: column 1: a key is an object or a list, where a string is expected"),
        ("80: x\n'80': y", "invalid YAML: column 1: the key `80` is given twice"),
        ("b: &b {x: 1, z: 2}\na: {x: 0, <<: *b}", {"x": 1, "z": 2}),
        ("b: &b {x: 1, z: 2}\na: {<<: *b, x: 0}", {"x": 0, "z": 2}),
        ("b: &b {x: 1}\nc: &c {x: 2}\na: {<<: [*b, *c]}", {"x": 1}),
        ("a: {'<<': 1}", {"<<": 1}),
        ("a: {<<: 1}", "invalid YAML: column 9: an object, or a list of objects, can be merged"),
    ],
)
def test_keys_are_texts_and_what_is_merged_comes_in_order(text: str, expected: object) -> None:
    """A merge outweighs the keys before it, and the keys after it outweigh the merge."""
    assert value(f"{text}\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[b:]", ["b:"]),
        ("{b:}", {"b:": None}),
        ("{b: c:}", {"b": "c:"}),
        ("{b:,c:}", {"b:": None, "c:": None}),
        ("{b: http:, d: 1}", {"b": "http:", "d": 1}),
        ("[b::]", ["b::"]),
        ("[b :]", ["b :"]),
        ("[:b:]", "invalid YAML: column 5: did not find expected node content"),
        ("[it's:, '8e3':]", ["it's:", {"8e3": None}]),
        ("[:]", "invalid YAML: column 5: did not find expected node content"),
    ],
)
def test_a_colon_at_the_end_of_a_flow_scalar_belongs_to_it(text: str, expected: object) -> None:
    """The real reader (`sigs.k8s.io/yaml`) gave each of these, or an error."""
    assert value(f"a: {text}\n") == expected
