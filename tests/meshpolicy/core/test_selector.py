"""Selectors on labels of which not everything is known: sure where all completions agree. Rules R14, R117."""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.core.labels import ANY, Labels
from meshpolicy.core.selector import Expression, Operator, Selector, SelectorIndex
from meshpolicy.core.truth import Truth, every, negated, some

KEYS, VALUES = ("a", "b"), ("1", "2")
FRESH = "9"
"""A value that no selector names."""

expressions = st.builds(
    Expression,
    st.sampled_from(KEYS),
    st.sampled_from(list(Operator)),
    st.none() | st.lists(st.sampled_from(VALUES), max_size=2).map(tuple),
)
selectors = st.builds(
    Selector,
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES)).map(lambda found: tuple(found.items())),
    st.lists(expressions, max_size=2).map(tuple),
)


@st.composite
def partial(draw: st.DrawFn) -> Labels:
    """Return labels of which each is known, there with some value, perhaps there, or not spoken of."""
    known: dict[str, str] = {}
    present: dict[str, frozenset[str] | None] = {}
    perhaps: set[str] = set()
    for key in KEYS:
        match draw(st.integers(0, 3)):
            case 0:
                known[key] = draw(st.sampled_from(VALUES))
            case 1:
                present[key] = draw(st.none() | st.sets(st.sampled_from(VALUES), min_size=1).map(frozenset))
            case 2:
                perhaps.add(key)
            case _:
                pass
    return Labels(known, present, frozenset(perhaps), draw(st.booleans()))


def completions(labels: Labels) -> Iterator[dict[str, str]]:
    """Yield all that the labels may be in full, as far as these keys go."""

    def choices(key: str) -> list[str | None]:
        if key in labels.known:
            return [labels.known[key]]
        if key in labels.present:
            return list(labels.present[key] or (*VALUES, FRESH))
        return [None, *VALUES, FRESH] if labels.open(key) else [None]

    for chosen in product(*map(choices, KEYS)):
        yield {key: value for key, value in zip(KEYS, chosen, strict=True) if value is not None}


@given(selectors, partial())
def test_a_sure_answer_holds_for_all_that_the_labels_may_be(selector: Selector, labels: Labels) -> None:
    """Yes and no are never guesses."""
    answers = {selector.accepts(whole) for whole in completions(labels)}
    found = selector.matches(labels)
    assert found is Truth.UNKNOWN or answers == {found is Truth.YES}


@given(st.builds(Selector, st.just(()), st.lists(expressions, max_size=1).map(tuple)), partial())
def test_one_expression_is_unknown_only_where_the_labels_decide(selector: Selector, labels: Labels) -> None:
    """Where several parts ask for one label, they may contradict; a single one is exact."""
    answers = {selector.accepts(whole) for whole in completions(labels)}
    assert (selector.matches(labels) is Truth.UNKNOWN) == (len(answers) == 2)


@given(st.lists(selectors, max_size=4), partial())
def test_the_index_finds_what_may_select_and_nothing_else(found: list[Selector], labels: Labels) -> None:
    """It looks up by label, and gives the order and the answers of one by one."""
    index = SelectorIndex((selector, number) for number, selector in enumerate(found))
    one_by_one = [(number, selector.matches(labels)) for number, selector in enumerate(found)]
    assert list(index.matching(labels)) == [(number, met) for number, met in one_by_one if met.possible]
    assert list(index.selecting(labels)) == [number for number, met in one_by_one if met is Truth.YES]


def test_of_a_stranger_nothing_is_known() -> None:
    """But that an empty selector selects it."""
    assert Selector().matches(ANY) is Truth.YES
    assert Selector((("a", "1"),)).matches(ANY) is Truth.UNKNOWN


@given(st.lists(st.sampled_from(list(Truth)), max_size=3))
def test_truths_combine_as_their_completions_do(parts: list[Truth]) -> None:
    """Unknown stands for yes or no."""
    choices = [(True, False) if part is Truth.UNKNOWN else (part is Truth.YES,) for part in parts]
    for combined, whole in ((every(parts), all), (some(parts), any)):
        answers = {whole(chosen) for chosen in product(*choices)}
        assert (combined is Truth.UNKNOWN) == (len(answers) == 2)
        assert combined is Truth.UNKNOWN or answers == {combined is Truth.YES}
    assert [negated(negated(part)) for part in parts] == parts


@pytest.mark.parametrize("answer", Truth)
def test_no_answer_is_simply_true(answer: Truth) -> None:
    """A condition that forgets the third answer is an error, not a yes: each answer is a text."""
    with pytest.raises(TypeError, match="no bool"):
        bool(answer)
