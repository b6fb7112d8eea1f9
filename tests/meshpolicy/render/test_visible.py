"""Whatever a manifest or an answer holds, a terminal only shows it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.render.visible import visible


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "L", "Zs"])))
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    shown = visible(text)
    assert [
        char for char in shown if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char not in "\n\t"
    ] == []
    assert visible(shown) == shown
    shown.encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x9b31m", r"\x9b31m"),
        ("a\rb\x08", r"a\x0db\x08"),
        ("allow\u202ederrefuser", r"allow\u202ederrefuser"),
        ("ping\u200bponger", r"ping\u200bponger"),
        (b"caf\xe9".decode(errors="surrogateescape"), r"caf\xe9"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_a_hidden_character_is_shown_in_letters(text: str, shown: str) -> None:
    assert visible(text) == shown
