"""An automaton is a set of texts: every operation against the same operation on all short texts."""

from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.alphabet import Alphabet, complement, contains, intersection, union
from meshpolicy.core.automaton import Automaton, TooLarge, concat, partition
from meshpolicy.core.machine import explore

LETTERS = "ab/é"
TEXTS = tuple("".join(letters) for length in range(5) for letters in product(LETTERS, repeat=length))
"""Every text of up to four characters."""

Made = tuple[Automaton, Callable[[str], bool]]
"""An automaton, and the same set as a predicate that knows no automaton."""

texts = st.text(LETTERS, max_size=3)


def _joined(parts: tuple[Made, Made], sign: str) -> Made:
    (one, has_one), (other, has_other) = parts
    match sign:
        case "&":
            return one & other, lambda text: has_one(text) and has_other(text)
        case "|":
            return one | other, lambda text: has_one(text) or has_other(text)
        case "-":
            return one - other, lambda text: has_one(text) and not has_other(text)
        case _:
            return concat(one, other), lambda text: any(
                has_one(text[:cut]) and has_other(text[cut:]) for cut in range(len(text) + 1)
            )


simple: st.SearchStrategy[Made] = st.one_of(
    st.just((Automaton.nothing(), lambda _: False)),
    st.just((Automaton.everything(), lambda _: True)),
    texts.map(lambda part: (Automaton.literal(part), lambda text: text == part)),
    texts.map(lambda part: (Automaton.prefix(part), lambda text: text.startswith(part))),
    texts.map(lambda part: (Automaton.suffix(part), lambda text: text.endswith(part))),
)
made: st.SearchStrategy[Made] = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds(_joined, st.tuples(inner, inner), st.sampled_from("&|-.")),
        inner.map(lambda one: (~one[0], lambda text: not one[1](text))),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(made)
def test_an_automaton_accepts_the_texts_of_its_set_and_no_others(one: Made) -> None:
    automaton, has = one
    assert [text for text in TEXTS if automaton.accepts(text)] == [text for text in TEXTS if has(text)]


@settings(max_examples=150, deadline=None)
@given(made, made)
def test_automata_are_equal_where_their_difference_is_empty_and_only_there(left: Made, right: Made) -> None:
    one, other = left[0], right[0]
    differing = (one - other) | (other - one)
    assert (one == other) == differing.is_empty
    assert (hash(one) == hash(other)) or one != other
    if one != other:
        text = differing.witness()
        assert text is not None
        assert one.accepts(text) != other.accepts(text)


@settings(max_examples=100, deadline=None)
@given(made, made)
def test_one_set_is_one_value_whichever_way_it_was_made(left: Made, right: Made) -> None:
    one, other = left[0], right[0]
    assert ~(one & other) == ~one | ~other
    assert one - other == one & ~other
    assert (one | other) - other | (one & other) == one
    assert concat(one, Automaton.literal("")) == one


@settings(max_examples=150, deadline=None)
@given(made)
def test_the_witness_is_the_first_of_the_shortest_texts(one: Made) -> None:
    automaton, has = one
    found = automaton.witness(prefer=LETTERS)
    assert (found is None) == automaton.is_empty
    if found is not None:
        assert automaton.accepts(found)
        expected = next((text for text in TEXTS if has(text)), None)  # TEXTS has shorter ones first, in this order
        assert expected is None or len(found) <= len(expected)
        if len(found) <= 4 and set(found) <= set(LETTERS):
            assert found == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(simple, max_size=5))
def test_a_partition_tells_each_text_where_it_belongs(several: list[Made]) -> None:
    parts = partition([automaton for automaton, _ in several])
    by_membership = dict(parts)
    assert len(by_membership) == len(parts)
    assert not any(part.is_empty for part in by_membership.values())
    for text in TEXTS:
        membership = sum(has(text) << place for place, (_, has) in enumerate(several))
        assert [bits for bits, part in parts if part.accepts(text)] == [membership]


@pytest.mark.parametrize(
    ("automaton", "witness"),
    [
        (Automaton.everything(), ""),
        (~Automaton.literal(""), "a"),
        (Automaton.prefix("/api/") & Automaton.suffix("ping"), "/api/ping"),
        (Automaton.prefix("/a") - Automaton.literal("/a"), "/aa"),
        (Automaton.literal("\x00é"), "\x00é"),
        (Automaton.nothing(), None),
    ],
)
def test_a_witness_is_short_and_readable(automaton: Automaton, witness: str | None) -> None:
    assert automaton.witness() == witness


def test_a_machine_that_grows_beyond_the_limit_is_given_up() -> None:
    with pytest.raises(TooLarge):
        explore(Alphabet(), 0, lambda state: [state + 1], lambda _: 0, limit=1000)


def test_a_partition_by_many_paths_has_one_part_a_path_and_the_rest() -> None:
    paths = [f"/shop/{number}/items" for number in range(100)]
    parts = partition([Automaton.literal(path) for path in paths])
    assert {part.witness() for _, part in parts} == {*paths, ""}


codes = st.one_of(st.integers(0, 300), st.integers(0xD7F0, 0xE010), st.integers(0x10FFF0, 0x10FFFF))
runs = st.lists(st.tuples(codes, codes).map(lambda pair: (min(pair), max(pair))), max_size=4)


@settings(max_examples=150, deadline=None)
@given(runs, runs, codes.filter(lambda code: not 0xD800 <= code <= 0xDFFF))
def test_sets_of_code_points_have_the_members_of_their_runs(
    one: list[tuple[int, int]], other: list[tuple[int, int]], code: int
) -> None:
    left = any(first <= code <= last for first, last in one)
    right = any(first <= code <= last for first, last in other)
    assert contains(union(one), code) == left
    assert contains(complement(union(one)), code) != left
    assert contains(intersection(union(one), union(other)), code) == (left and right)
    alphabet = Alphabet.of([union(one), union(other)])
    assert alphabet.letter(code) in range(alphabet.size)


def test_a_class_that_ends_before_the_surrogates_and_its_complement_are_everything() -> None:
    below = union([(0, 0xD7FF)])
    assert union([*below, (0xE000, 0x10FFFF)]) == union([(0, 0x10FFFF)])
    assert complement(below) == ((0xE000, 0x10FFFF),)
