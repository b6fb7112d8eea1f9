"""How one thing is compared with one pattern, and how Linkerd's lists of ports and selectors are read."""

from ipaddress import ip_address, ip_network
from itertools import product

import pytest

from meshpolicy.core.labels import Labels
from meshpolicy.core.match import (
    NEXT_LINE,
    HostMatch,
    HttpMatch,
    IdentityMatch,
    NetworkMatch,
    PathKind,
    PathMatch,
    ValueMatch,
    accept_headers,
)
from meshpolicy.core.selector import Expression, Operator, Selector
from meshpolicy.core.truth import Truth, truth
from meshpolicy.kinds.portlists import of_controller

EXACT, PREFIX, REGEX = PathKind


@pytest.mark.parametrize(
    ("kind", "pattern", "path", "length"),
    [
        (EXACT, "/a", "/a/", None),
        (EXACT, "/a", "//a", None),
        (EXACT, "/a", "/A", None),
        (EXACT, "/a", "/%61", None),
        (EXACT, "/a/./b", "/a/./b", 6),
        (EXACT, "/é", "/é", 3),
        (PREFIX, "/", "/anything", 1),
        (PREFIX, "/", "*", 1),
        (PREFIX, "/a", "/ab", None),
        (PREFIX, "/a/", "/a", 2),
        (PREFIX, "/a", "/a///", 2),
        (PREFIX, "/é", "/é/b", 3),
        (PREFIX, "//", "/a", 0),
        (PREFIX, "/a", "/a/b", 2),
        (PREFIX, "/a/b", "/a", None),
        (REGEX, "/a", "/a/b", None),
        (REGEX, "/a.*", "/a/b", 4),
    ],
)
def test_a_path_is_matched_by_some_length_of_it(kind: PathKind, pattern: str, path: str, length: int | None) -> None:
    """R90, R91: the raw path, nothing decoded; the length in bytes is what ranks routes."""
    assert PathMatch(kind, pattern).length(path) == length


@pytest.mark.parametrize(
    ("pattern", "host", "matched"),
    [
        ("*.x", "x", False),
        ("*.x", ".x", True),
        ("*.x", "ax", False),
        ("*.x", "a.x", True),
        ("*.x", "a.b.x", True),
        ("x", "a.x", False),
        ("x", "x.", True),
        ("x.", "x", False),
        ("x.", "x.", True),
        ("X", "x", True),
        ("x", "", False),
    ],
)
def test_a_host_is_itself_or_below_a_suffix(pattern: str, host: str, matched: bool) -> None:
    """R92, M5."""
    assert (HostMatch(pattern).rank(host) is not None) is matched


def test_a_whole_host_outranks_a_suffix_and_a_long_suffix_a_short_one() -> None:
    """R91."""
    ranks = [HostMatch(pattern).rank("a.b.c") for pattern in ("*.c", "*.b.c", "a.b.c")]
    assert ranks == sorted(rank for rank in ranks if rank is not None)
    assert len(set(ranks)) == 3


@pytest.mark.parametrize(
    ("cidr", "holes", "address", "accepted"),
    [
        ("0.0.0.0/0", [], "::1", False),
        ("::/0", [], "10.0.0.1", False),
        ("10.0.0.0/8", ["10.0.0.0/8"], "10.0.0.1", False),
        ("10.0.0.0/8", ["10.1.0.0/16"], "10.1.255.255", False),
        ("10.0.0.0/8", ["10.1.0.0/16"], "10.2.0.0", True),
        ("10.0.0.1/32", [], "10.0.0.1", True),
        ("10.0.0.1/32", [], "10.0.0.2", False),
    ],
)
def test_a_network_less_its_exceptions(cidr: str, holes: list[str], address: str, accepted: bool) -> None:
    """R36: an address of the other family is never meant."""
    match = NetworkMatch(ip_network(cidr), tuple(ip_network(hole) for hole in holes))
    assert match.accepts(ip_address(address)) is accepted


@pytest.mark.parametrize(
    ("query", "accepted"),
    [("", False), ("A=1", False), ("a=2", False), ("a=2&a=1", True), ("a=%31", True), ("b=1&a=1", True)],
)
def test_some_pair_of_the_query_must_match(query: str, accepted: bool) -> None:
    """R93: names keep their case, values are decoded, and any pair of the name will do."""
    assert HttpMatch(query=(ValueMatch("a", "1"),)).accepts_query(query) is truth(accepted)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        (",", []),
        ("0", []),
        ("65536", []),
        ("80,http", []),
        ("80,90-80", []),
        ("80-", []),
        ("-80", []),
        ("+80", [80]),
        ("+80-+81", [80, 81]),
        ("++80", []),
        ("+ 80", []),
        ("00000080", [80]),
        ("8_0", []),
        ("\u3000080\u2003", [80]),
        ("80\x1c", []),
        ("٨٠", []),
        ("80-90-100", []),
        ("9" * 5000, []),
        (" 80 , 81 ", [80, 81]),
        ("80,,81", [80, 81]),
        ("80-82,90", [80, 81, 82, 90]),
        ("65535", [65535]),
    ],
)
def test_one_bad_token_empties_a_list_of_ports(text: str, numbers: list[int]) -> None:
    """R9."""
    assert [number for part in of_controller(text) for number in part] == numbers


LABELS: tuple[dict[str, str], ...] = ({}, {"a": "1"}, {"a": "2"})


@pytest.mark.parametrize(
    ("operator", "values", "accepted"),
    [
        (Operator.IN, None, [False, False, False]),
        (Operator.IN, (), [False, False, False]),
        (Operator.IN, ("1",), [False, True, False]),
        (Operator.NOT_IN, None, [False, False, False]),
        (Operator.NOT_IN, (), [True, True, True]),
        (Operator.NOT_IN, ("1",), [True, False, True]),
        (Operator.EXISTS, None, [False, True, True]),
        (Operator.EXISTS, (), [False, False, False]),
        (Operator.DOES_NOT_EXIST, None, [True, False, False]),
        (Operator.DOES_NOT_EXIST, (), [False, False, False]),
    ],
)
def test_an_expression_needs_values_or_none(
    operator: Operator, values: tuple[str, ...] | None, accepted: list[bool]
) -> None:
    """R14: NotIn is true of a label that is missing; Exists with an empty list is never true."""
    assert [Expression("a", operator, values).matches(Labels(labels)) is Truth.YES for labels in LABELS] == accepted


def test_an_empty_selector_selects_everything_and_all_parts_must_hold() -> None:
    """R14."""
    assert all(Selector().accepts(labels) for labels in LABELS)
    for wanted, labels in product(("1", "2"), LABELS):
        both = Selector((("a", wanted),), (Expression("a", Operator.IN, ("1",)),))
        assert both.accepts(labels) is (labels.get("a") == wanted == "1")


@pytest.mark.parametrize(
    ("line", "met"),
    [("a", Truth.YES), ("", Truth.YES), ("a\tb", Truth.YES), ("é", Truth.NO), ("aé", Truth.NO), ("a\x7f", Truth.NO)],
)
def test_no_regular_expression_sees_a_header_line_beyond_ascii(line: str, met: Truth) -> None:
    """R93; a query parameter and an exact value are compared whatever they hold."""
    anything = ValueMatch("x", ".*", regex=True)
    assert accept_headers([anything], {"x": line}) is met
    assert accept_headers([ValueMatch("x", line)], {"x": line}) is Truth.YES
    assert accept_headers([anything], {"x": f"{line}{NEXT_LINE}b"}) is Truth.YES
    assert anything.accepts(line) is Truth.YES


@pytest.mark.parametrize("pattern", [r"\p{Emoji}", "a{50000}"])
def test_a_pattern_that_is_not_decided_may_match_or_not(pattern: str) -> None:
    match = PathMatch(PathKind.REGEX, pattern)
    assert match.accepts("/a") is Truth.UNKNOWN
    assert match.length("/a") == 2
    undecided, never = ValueMatch("x", pattern, regex=True), ValueMatch("y", "b")
    assert accept_headers([undecided], {"x": "a", "y": "a"}) is Truth.UNKNOWN
    assert accept_headers([undecided, never], {"x": "a", "y": "a"}) is Truth.NO


@pytest.mark.parametrize(
    ("pattern", "identity", "accepted"),
    [
        ("a.shop", "a.shop", True),
        ("a.shop", "b.a.shop", False),
        ("*.shop", "a.shop", True),
        ("*.shop", "shop", False),
        ("*.shop", "ashop", False),
        ("*.shop", "a.shops", False),
        ("*", "a.shop", True),
        ("*", "spiffe://root/a.shop", False),
        ("*.shop", "spiffe://root/a.shop", False),
        ("spiffe://root/a.shop", "spiffe://root/a.shop", True),
    ],
)
def test_identities_match_whole_by_suffix_or_all_that_are_names(pattern: str, identity: str, accepted: bool) -> None:
    """R35, R83, R84."""
    assert IdentityMatch(pattern).accepts(identity) is accepted
