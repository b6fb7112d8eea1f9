"""Which patterns Rust's `regex` takes: the rows were asked of the crate that the proxy links."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.alphabet import contains
from meshpolicy.core.regex import InvalidPattern, UnsupportedPattern, language, spans, validate
from meshpolicy.core.regex.unicode import category, folded, word


@pytest.mark.parametrize(
    "pattern",
    [
        "a++",
        "a**?",
        "a{2}{3}",
        "a{ 2 , 3 }",
        "a{0,0}",
        "x|",
        "|",
        "()",
        "(?:)*",
        "(?P<n>a)",
        "(?<n>a)",
        "(?<_1.a[2]>a)",
        "(?<é>a)",
        "(?i-s:a)",
        "(?-i)a",
        "(?U)a*?",
        "(?R)a$",
        "(?x: a # c\n)",
        r"(?x)\x {4 1}",
        "[]]",
        "[^]]",
        "[---a]",
        "[a--]",
        "[a&&]",
        "[a&&&b]",
        "[[a]]",
        "[[:alpha:][:^digit:]]",
        "[[:foo:]]",
        "[[:alpha]]",
        r"[\]\-\^]",
        r"\b{2}",
        r"\b{start-half}",
        r"\<\>",
        r"\/\%\!\ ",
        r"\p{Any}\p{ASCII}\p{isLu}\p{ gc = Lu }",
        r"\x{10FFFF}",
        r"(?-u:\x41\d)",
        r"(?-u:\B)",
        "}",
        "]",
        "a{1001}",
        r"\w{200}",
        "(" * 100 + ")" * 100,
    ],
)
def test_rust_takes(pattern: str) -> None:
    validate(pattern)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a{,3}", "repetition quantifier expects a valid decimal (at character 3)"),
        ("a{0, }", "repetition quantifier expects a valid decimal"),
        ("a{}", "repetition quantifier expects a valid decimal"),
        ("a{3,2}", "the start must be <= the end"),
        ("a{2", "unclosed counted repetition (at character 2)"),
        ("a{99999999999}", "decimal literal invalid"),
        ("a{4294967295}", "exceeds size limit"),
        ("(a{1000}){1000}", "exceeds size limit"),
        (r"\w{300}", "exceeds size limit"),
        ("*", "repetition operator missing expression (at character 1)"),
        ("a|*", "repetition operator missing expression (at character 3)"),
        ("(?i)*", "repetition operator missing expression (at character 5)"),
        ("(?)", "repetition operator missing expression"),
        ("(a", "unclosed group (at character 1)"),
        ("a)", "unopened group (at character 2)"),
        ("[a", "unclosed character class (at character 1)"),
        ("[a[b]", "unclosed character class (at character 1)"),
        ("[]", "unclosed character class"),
        ("[z-a]", "invalid character class range"),
        (r"[\d-z]", "must be between two characters"),
        (r"[\b]", "invalid escape sequence found in character class"),
        ("(?=a)", "look-around, including look-ahead and look-behind, is not supported (at character 1)"),
        ("(?<!a)", "look-around"),
        ("(?>a)", "unrecognized flag (at character 3)"),
        ("(?#a)", "unrecognized flag"),
        ("(?P=n)", "unrecognized flag"),
        ("(?ii)", "duplicate flag"),
        ("(?i-)", "dangling flag negation"),
        ("(?i-s-m)", "repeated flag negation"),
        ("(?i", "expected flag but got end of regex"),
        ("(?<1>a)", "invalid capture group character (at character 4)"),
        ("(?<>a)", "empty capture group name"),
        ("(?<n>a)(?P<n>b)", "duplicate capture group name"),
        (r"(a)\1", "backreferences are not supported (at character 4)"),
        (r"\0", "backreferences are not supported"),
        (r"\Z", "unrecognized escape sequence (at character 1)"),
        (r"\Q.\E", "unrecognized escape sequence"),
        (r"\h", "unrecognized escape sequence"),
        (r"\é", "unrecognized escape sequence"),
        ("a\\", "incomplete escape sequence"),
        (r"\x4", "incomplete escape sequence"),
        (r"\xg0", "invalid hexadecimal digit"),
        (r"\x{}", "hexadecimal literal is empty"),
        (r"\x{110000}", "not a Unicode scalar value"),
        (r"\x{D800}", "not a Unicode scalar value"),
        (r"\b{foo}", "unrecognized special word boundary"),
        (r"\b{start", "unclosed"),
        (r"\p{gc=Foo}", "Unicode property value not found"),
        (r"\p{L,}", "Unicode property not found (at character 1)"),
        (r"\pQ", "Unicode property not found"),
        (r"\p{Foo}", "Unicode property not found"),
        (r"\p{Cs}", "Unicode property not found"),
        (r"\p{sc=Foo}", "Unicode property value not found"),
        (r"\p{alpha=yes}", "Unicode property value not found"),
        (r"\pé", "Unicode property not found"),
        (r"\p\d", "invalid Unicode character class"),
        ("(?-u).", "invalid UTF-8"),
        (r"(?-u)\W", "invalid UTF-8"),
        (r"(?-u)[^a]", "invalid UTF-8"),
        (r"(?-u)\xff", "invalid UTF-8"),
        (r"(?-u)[é]", "Unicode not allowed here"),
        (r"(?-u)\pL", "Unicode not allowed here"),
        ("(" * 251 + ")" * 251, "nested parentheses"),
        ("[" * 251 + "a" + "]" * 251, "nested parentheses"),
        ("a" + "*" * 251, "nested parentheses"),
        (r"\p{Emoji}(", "unclosed group"),
    ],
)
def test_rust_refuses(pattern: str, reason: str) -> None:
    with pytest.raises(InvalidPattern) as refused:
        validate(pattern)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"\p{Emoji}", r"which characters are \p{Emoji} is not known (at character 1)"),
        (r"[a\p{Emoji}]", r"which characters are \p{Emoji} is not known (at character 3)"),
        (r"\p{scx!=Latin}", "not known"),
        ("(?<a\N{COMBINING ACUTE ACCENT}>b)", "not known"),
        ("(" * 101 + ")" * 101, "too deep to be decided here"),
        (r"(?:ab|\w){100000}", "whether it is too large for Rust"),
    ],
)
def test_what_is_not_decided_is_told(pattern: str, reason: str) -> None:
    with pytest.raises(UnsupportedPattern) as told:
        validate(pattern)
    assert reason in str(told.value)


def test_a_pattern_that_rust_runs_and_is_too_long_for_this_engine_is_not_decided() -> None:
    validate("a{50000}")
    with pytest.raises(UnsupportedPattern, match="more than 20000 states"):
        spans("a{50000}", "a")


PIECES = (
    *("(?", "(?i)", "(?x)", "(?-u:", "(?<n>", "[[:", ":]", "[^", "&&", "--", "~~", "{2}", "{1,3}"),
    *(r"\p{", r"\x{", r"\b", r"\d", r"\pL", r"\b{start}", "\\"),
    *"abz019 -_^$.*+?|()[]{},:=!<>&~#é\n",
)
syntax = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(syntax, st.text("abz09 -_", max_size=5))
def test_any_text_is_read_or_refused_and_nothing_else_happens(pattern: str, value: str) -> None:
    try:
        validate(pattern)
    except (InvalidPattern, UnsupportedPattern):
        return
    assert language(pattern).accepts(value) == spans(pattern, value)


def test_the_general_categories_are_pythons_own_where_python_knows_the_character() -> None:
    by_name = {name: category(name.lower()) for name in ("Lu", "Ll", "Lo", "Nd", "Mn", "Po", "Sm", "Cc", "Cf", "Co")}
    for code in range(0, 0x30000, 7):
        name = unicodedata.category(chr(code))
        if name in by_name:
            assert contains(by_name[name], code), hex(code)


@settings(deadline=None)
@given(st.characters(categories=("Lu", "Ll", "Lt")))
def test_a_letter_folds_to_its_own_other_case(letter: str) -> None:
    codes = ((ord(letter), ord(letter)),)
    for other in (letter.lower(), letter.upper()):
        if len(other) == 1 and len(letter.casefold()) == 1 and other.casefold() == letter.casefold():
            assert contains(folded(codes), ord(other))
    assert folded(folded(codes)) == folded(codes)
    assert contains(word(), ord(letter))
