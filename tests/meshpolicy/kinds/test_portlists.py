"""One list of ports, three readers: the policy controller, the destination controller, proxy-init. R9, R112, R113."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.kinds.portlists import (
    Ports,
    bad_tokens,
    holds,
    listed,
    of_controller,
    of_destination,
    of_proxy_init,
)

NAMES = {"http": 8080, "80-81": 7}


@pytest.mark.parametrize(
    ("text", "controller", "destination", "init"),
    [
        ("", "", "", ""),
        ("25,8000-8010", "25,8000-8010", "25,8000-8010", "25,8000-8010"),
        ("8080,http", "", "8080,8080", "8080"),
        ("8080, 9090", "8080,9090", "8080,9090", "8080"),
        ("8000 - 8010", "8000-8010", "", ""),
        ("+8080", "8080", "8080", "8080"),
        ("008080", "8080", "8080", "8080"),
        ("0", "", "0", "0"),
        ("0,8080", "", "0,8080", "0,8080"),
        ("65535,65536", "", "65535", "65535"),
        ("9-8", "", "", ""),
        ("1-2-3", "", "", ""),
        ("-1", "", "", ""),
        ("1-", "", "", ""),
        ("1,,2,", "1-2", "1,2", "1,2"),
        ("80-81", "80-81", "7", "80-81"),
        ("\u0664\u0662", "", "", ""),
        ("1_0", "", "", ""),
        ("0x50", "", "", ""),
    ],
)
def test_each_reader_takes_a_list_its_own_way(text: str, controller: str, destination: str, init: str) -> None:
    """Numbers, ranges, signs, zeros, blanks, names and nonsense."""
    assert _numbers(of_controller(text)) == _numbers(of_controller(controller))
    assert listed(of_destination(text, NAMES)) == destination
    assert listed(of_proxy_init(text)) == init


@given(st.lists(st.text("0123456789+- ,ab", max_size=7), max_size=4))
def test_readers_differ_in_nothing_but_blanks_names_zero_and_bad_tokens(tokens: list[str]) -> None:
    """R9, R112, R113: each held against its source's rule, token by token."""
    text = ",".join(tokens)
    parts = text.split(",")
    assert _numbers(of_proxy_init(text)) == {n for part in parts for n in _go(part)}
    assert _numbers(of_destination(text)) == {
        n for part in text.removesuffix(",").split(",") for n in _go(part.strip())
    }
    good = [_rust(part) for part in parts if part.strip()]
    assert _numbers(of_controller(text)) == (set() if None in good else {n for part in good for n in part or ()})
    assert list(bad_tokens(text)) == [part for part in parts if part and not _go(part)]


def _go(token: str) -> list[int]:
    """Work a token out as Go's strconv.Atoi and a split at `-` do."""
    ends = token.split("-")
    if len(ends) > 2 or not all(re.fullmatch(r"\+?[0-9]+", end) for end in ends):
        return []
    low, high = int(ends[0]), int(ends[-1])
    return list(range(low, high + 1)) if 0 <= low <= high <= 65535 else []


def _rust(token: str) -> list[int] | None:
    """Work a token out as Rust's NonZeroU16 and a split at the first `-` do; None: it is bad."""
    ends = [end.strip() for end in token.split("-", 1)]
    if not all(re.fullmatch(r"\+?[0-9]+", end) for end in ends):
        return None
    low, high = int(ends[0]), int(ends[-1])
    return list(range(low, high + 1)) if 1 <= low <= high <= 65535 else None


def _numbers(ports: Ports) -> set[int]:
    return {number for part in ports for number in part}


def test_a_list_holds_the_ends_of_its_ranges() -> None:
    assert [holds(of_controller("5-6"), port) for port in (4, 5, 6, 7)] == [False, True, True, False]
