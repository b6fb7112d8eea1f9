"""Regular expressions as Rust's `regex` reads them (R53, R90)."""

import pytest

from meshpolicy.core.patterns import InvalidPattern, compiled, spans


@pytest.mark.parametrize(
    ("pattern", "value", "covered"),
    [
        ("/a|/ab", "/ab", False),
        ("/ab|/a", "/ab", True),
        ("/a", "/ab", False),
        ("/.*", "/a/b", True),
        ("/[[:alpha:]]+", "/abc", True),
        ("/[[:digit:]-]+", "/1-2", True),
        ("/a(?i)B", "/ab", True),
        ("/a(?i)B", "/Ab", False),
        ("(?i)/A", "/a", True),
        (r"/a\z", "/a", True),
        (r"/\\1", r"/\1", True),
        ("(?P<n>/a)", "/a", True),
        ("", "", True),
    ],
)
def test_a_pattern_must_cover_the_whole_value(pattern: str, value: str, covered: bool) -> None:
    assert spans(pattern, value) is covered


@pytest.mark.parametrize(
    "pattern",
    ["(", "[", "*", "/(?!a)", "/(?=a)", "(?<=a)b", "(?<!a)b", r"(a)\1", "(?P<n>a)(?P=n)", "(?>a)", "(?#c)", r"a\Z"],
)
def test_what_rust_does_not_know_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidPattern):
        compiled(pattern)
