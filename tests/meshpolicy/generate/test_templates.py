"""Paths as patterns: each means the paths that it is made from, and no two mean the same path."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.truth import Truth
from meshpolicy.generate.templates import templates

UUIDS = tuple(f"{n:08d}-0000-4000-8000-00000000000{n}" for n in range(4))


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ([], []),
        (["/orders/1", "/orders/2"], []),
        (["/orders/1", "/orders/2", "/orders/3"], ["/orders/{number}"]),
        (["/orders/1", "/orders/2", "/orders/3", "/orders/new"], ["/orders/{number}"]),
        (["/orders/1/lines/7", "/orders/2/lines/8", "/orders/3/lines/9"], ["/orders/{number}/lines/{number}"]),
        ([f"/u/{one}" for one in UUIDS], ["/u/{uuid}"]),
        ([f"/u/{one}" for one in (*UUIDS, "1", "2", "3")], ["/u/{uuid}", "/u/{number}"]),
        (["/h/deadbeef01", "/h/deadbeef02", "/h/deadbeef03"], ["/h/{hex}"]),
        (["/h/deadbeef01", "/h/deadbeef02", "/h/deadbeef03", "/h/1", "/h/2", "/h/3"], ["/h/{id}"]),
        (["/t/AbCdEfGhIjKlMnOp1", "/t/AbCdEfGhIjKlMnOp2", "/t/AbCdEfGhIjKlMnOp3"], ["/t/{id}"]),
        ([f"/users/{name}" for name in "abcdefghij"], ["/users/{name}"]),
        ([f"/users/{name}" for name in "abcdefghi"], []),
        (["/", "/1", "/2", "/3"], ["/{number}"]),
    ],
)
def test_paths_that_differ_in_an_identifier_are_one_pattern(paths: list[str], found: list[str]) -> None:
    assert sorted(one.text for one in templates(paths)) == sorted(found)


SEGMENTS = st.sampled_from(
    ("", "1", "22", "333", "deadbeef", "deadbe01", UUIDS[0], UUIDS[1], "new", "a.b", "AbCdEfGhIjKlMnOp1")
)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


@given(st.lists(PATHS, max_size=40), st.lists(PATHS, max_size=20))
@settings(max_examples=100, deadline=None)
def test_no_two_patterns_mean_the_same_path(paths: list[str], others: list[str]) -> None:
    found = templates(paths)
    for path in (*paths, *others):
        assert sum(one.meets(path) for one in found) <= 1


@given(st.lists(PATHS, max_size=30), st.lists(PATHS, max_size=20))
@settings(max_examples=60, deadline=None)
def test_the_regular_expression_of_a_pattern_means_what_the_pattern_means(paths: list[str], others: list[str]) -> None:
    for one in templates(paths):
        assert sum(one.meets(path) for path in set(paths)) >= 3
        for path in (*paths, *others):
            assert (one.path.accepts(path) is Truth.YES) is one.meets(path)
