"""The classes into which texts are cut."""

from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.automaton import Automaton, partition
from meshpolicy.core.axis import texts
from meshpolicy.core.regex import language

LANGUAGES = ("a", "b", "a.*", ".*b", "[ab]+", "(?:ab)*", "[^a]")
UNIVERSES = (".*", "[a-c]*", "[ab]", "a?")
TEXTS = ("", "a", "b", "ab", "ba", "c", "é")


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(UNIVERSES),
    st.lists(st.sampled_from(LANGUAGES), max_size=3),
    st.lists(st.sampled_from(TEXTS), max_size=4),
    st.lists(st.sampled_from(TEXTS), max_size=4),
)
def test_exact_texts_are_classes_and_each_other_class_has_one_text(
    universe: str, patterns: list[str], nice: list[str], exact: list[str]
) -> None:
    """The judge cuts with an automaton for each exact text."""
    whole, languages, literals = language(universe), list(map(language, patterns)), list(map(Automaton.literal, exact))
    wide = whole
    for literal in literals:
        wide |= literal
    parts = [part for number, part in partition([wide, *languages, *literals]) if number & 1]
    found = texts(whole, languages, nice, exact)
    classes = {(*(one.accepts(text) for one in (*languages, *literals)),) for text in found}
    assert set(exact) <= set(found)
    assert all(wide.accepts(text) for text in found)
    assert (
        len(found)
        == len(classes)
        == len({(*(one.accepts(p.witness() or "") for one in (*languages, *literals)),) for p in parts})
    )


@given(st.permutations(TEXTS), st.integers(0, len(TEXTS)))
def test_texts_keep_the_order_of_the_nice_ones(chosen: list[str], size: int) -> None:
    nice = chosen[:size]
    assert texts(Automaton.nothing(), [], nice, chosen[: size // 2])[: size // 2] == tuple(nice[: size // 2])
