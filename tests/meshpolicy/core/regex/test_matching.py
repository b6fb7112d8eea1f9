"""The match of a pattern spans a value, or does not: as Rust's `regex` says, and as a second engine does."""

from itertools import product
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from meshpolicy.core.automaton import Automaton
from meshpolicy.core.machine import TooLarge
from meshpolicy.core.regex import language, spans

from .backtrack import Pattern, patterns, values


@settings(max_examples=250, deadline=None)
@given(patterns, values)
def test_a_pattern_spans_what_trying_every_way_finds(pattern: Pattern, value: str) -> None:
    assert spans(pattern.text, value) == pattern.spans(value)


@settings(max_examples=120, deadline=None)
@given(patterns, values)
def test_the_language_of_a_pattern_is_the_set_of_values_that_it_spans(pattern: Pattern, value: str) -> None:
    texts = language(pattern.text)
    assert texts.accepts(value) == spans(pattern.text, value)
    witness = texts.witness()
    assert witness is None or spans(pattern.text, witness)


@settings(max_examples=50, deadline=None)
@given(patterns)
def test_a_pattern_between_anchors_spans_whatever_it_can_match(pattern: Pattern) -> None:
    anchored = language(rf"\A(?:{pattern.text})\z")
    assert (language(pattern.text) - anchored).is_empty


@pytest.mark.parametrize(
    ("pattern", "value", "spanned"),
    [
        # The preferred branch wins, however short its match is.
        ("a|ab", "ab", False),
        ("ab|a", "ab", True),
        ("(a|ab)(c|bcd)", "abcd", True),
        ("a*?", "aa", False),
        ("a*?$", "aa", True),
        ("(?U)a*", "aa", False),
        ("(?U)a*?", "aa", True),
        # What looks possessive repeats a repetition.
        ("/v.*+/ping", "/v1/ping", True),
        ("a++b", "aab", True),
        ("a?+", "aaa", True),
        # Classes nest, subtract and have names.
        ("[a[b]]", "b", True),
        ("[a[b]]", "a]", False),
        ("[a&&b]", "a", False),
        ("[a&&b]", "&", False),
        ("[a~~b]", "~", False),
        ("[a~~b]", "a", True),
        ("[a-z--[aeiou]]+", "xyz", True),
        ("[a-z--[aeiou]]+", "xaz", False),
        ("[:alpha:]", "p", True),
        ("[:alpha:]", "z", False),
        ("[[:alpha:]]", "z", True),
        ("[[:graph:]]+", "ping", True),
        ("[[:punct:]]ping", "-ping", True),
        ("[[:^digit:]]+", "abc", True),
        ("[]a]", "]", True),
        ("[a-]", "-", True),
        # Word boundaries have a beginning and an end.
        (r"ping\b{end}", "ping", True),
        (r"\b{start}ping\>", "ping", True),
        (r"ping\b{start}", "ping", False),
        (r"a\b{end-half}b", "ab", False),
        # Flags hold from where they stand to the end of the group.
        ("a(?i)b|C", "aB", True),
        ("a(?i)b|C", "c", True),
        ("(a(?i)b)c", "aBC", False),
        ("(?i-u:k)", "K", True),
        ("(?i)k", "\N{KELVIN SIGN}", True),
        ("(?i-u:k)", "\N{KELVIN SIGN}", False),
        ("(?x) a b # comment", "ab", True),
        ("(?x) a [ b c ]", "ab", True),
        ("(?m)a$\n^b", "a\nb", True),
        ("(?R)a.", "a\r", False),
        ("(?mR)a$\r\nb", "a\r\nb", True),
        ("a$", "a\n", False),
        # Characters by number.
        (r"/\x{70}ing", "/ping", True),
        (r"\x41\u0042\U00000043", "ABC", True),
        (r"\u{1F600}", "\N{GRINNING FACE}", True),
        # Unicode decides where the flag u holds.
        (r"\w+", "naïve", True),
        (r"(?-u:\w)+", "naïve", False),
        (r"\d", "\N{ARABIC-INDIC DIGIT THREE}", True),
        (r"[0-9]", "\N{ARABIC-INDIC DIGIT THREE}", False),
        (r"/\pL+", "/ping", True),
        (r"\p{gc!=Lu}", "a", True),
        (r"\P{Lowercase_Letter}", "a", False),
        (r"(?i)\p{Lu}", "a", True),
        (r"\p{Greek}", "\N{GREEK SMALL LETTER PI}", True),
        (r"\p{Greek}", "p", False),
        (r"\p{sc!=Latn}", "p", False),
        (r"\p{Alphabetic}", "\N{CIRCLED LATIN SMALL LETTER A}", True),
        (r"\p{isLower}", "\N{FEMININE ORDINAL INDICATOR}", True),
        ("(?i)[^k]", "K", False),
        # Names of groups.
        ("/(?<v>v1|v2)", "/v2", True),
        ("/(?P<v.1[a]>v1|v2)", "/v1", True),
        # An empty repetition ends.
        ("(a*)*b", "aab", True),
        ("(a|b*)*", "aba", True),
        ("()*", "", True),
        ("a{0}", "", True),
    ],
)
def test_a_pattern_spans_what_rust_says(pattern: str, value: str, spanned: bool) -> None:
    assert spans(pattern, value) == spanned
    assert language(pattern).accepts(value) == spanned


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+$", "(.*)*x", "(a?){30}a{30}b"])
def test_no_pattern_takes_exponential_time(pattern: str) -> None:
    began = process_time()
    assert not spans(pattern, "a" * 40 + "c")
    assert not spans(pattern, "a" * 40_000 + "c")
    assert process_time() - began < 10  # trying every way would take 2 ** 40 steps


def test_a_language_that_would_be_too_large_is_given_up() -> None:
    with pytest.raises(TooLarge):
        language("(?:a|b)*a(?:a|b){30}$")
    assert spans("(?:a|b)*a(?:a|b){3}$", "abab")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=8))
@example("a.b*c(d)[e]{f}|^$\\")
def test_an_escaped_text_is_the_language_of_that_text(text: str) -> None:
    escaped = "".join(f"\\x{{{ord(character):x}}}" for character in text)
    assert language(escaped) == Automaton.literal(text)


def test_every_short_value_of_a_small_language_is_found() -> None:
    found = language("(?:a|b/)*?(?:/|a){1,2}$")
    texts = ["".join(letters) for length in range(5) for letters in product("ab/", repeat=length)]
    assert [text for text in texts if found.accepts(text)] == [
        text for text in texts if spans("(?:a|b/)*?(?:/|a){1,2}$", text)
    ]
    assert found.accepts("ab//a")
