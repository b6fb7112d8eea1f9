"""What Envoy is given for an expression of a route matches what the expression spans in Linkerd's proxy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.envoy.expressions import LONGEST, NOTHING, exactly, for_envoy
from meshpolicy.core.regex import spans

from .envoylist import spans as spans_in_envoy

PIECES = ("a", "b", "/", ".", "[^a]", "[a-b&&[^b]]", "[[:alpha:]]", r"\b", r"\d", "^", "$", "(?i:A)")


def _patterns(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    grouped = inner.map(lambda text: f"(?:{text})")
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(grouped, st.sampled_from(["*", "+?", "?", "{2}", "{1,3}", "++"])).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda branches: f"({'|'.join(branches)})"),
    )


@settings(max_examples=80, deadline=None)
@given(st.recursive(st.sampled_from(PIECES), _patterns, max_leaves=6), st.text("abA/1\té", max_size=5))
def test_envoy_matches_what_linkerd_spans(pattern: str, value: str) -> None:
    expression = exactly(pattern)
    assert expression is not None
    # Letters beyond ASCII may be left out where there are too many.
    assert spans_in_envoy(expression, value) == spans(pattern, value) or not value.isascii()
    line = exactly(pattern, header=True)
    assert line is not None
    assert spans_in_envoy(line, value) == (spans(pattern, value) and value.isascii())


@pytest.mark.parametrize(
    ("pattern", "expression"),
    [
        ("/a|/ab", "/a"),
        ("/[a-z&&[^b-y]]", "/[az]"),
        ("(?i)/a", "/[Aa]"),
        ("[a&&b]", NOTHING),
        ("", ""),
        ("é", r"\xC3\xA9"),
        ("[^a]", r"[\x00-\x60b-\x7F]|[\xC2-\xF4][\x80-\xBF]{1,3}"),
        (r"/\w", r"/[0-9A-Z\x5Fa-z]"),
    ],
)
def test_an_expression_is_written_in_the_syntax_that_all_engines_share(pattern: str, expression: str) -> None:
    assert for_envoy(pattern) == expression
    assert len(expression) <= LONGEST


@pytest.mark.parametrize("pattern", ["a{50000}", r"\p{Emoji}", "(a|b)*a(a|b){12}$"])
def test_what_cannot_be_written_is_told_and_given_as_it_is(pattern: str) -> None:
    assert exactly(pattern) is None
    assert for_envoy(pattern) == pattern
