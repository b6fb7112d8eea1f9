"""A text of which some documents were read before gives the same documents as one that is read anew."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Problem
from meshpolicy.manifests.loader import Documents
from meshpolicy.manifests.pieces import Pieces, cut
from meshpolicy.manifests.text import read

PARTS = st.sampled_from(
    (
        *(
            "---\n",
            "--- \n",
            "----\n",
            "---",
            "a: 1\n",
            "b: [1, 2]\n",
            "c: |\n  ---\n  x\n",
            "# ---\n",
            "\n",
            "d: 'x\n",
        ),
        *(
            "...\n",
            "%YAML 1.1\n",
            "%YAML 1.2\n",
            "- 1\n",
            "null\n",
            "e: &x {}\nf: *x\n",
            "g: [\n",
            "h: !!str 1\n",
            "x\r\n",
        ),
        *("i: {j: 'a\n", "  b'}\n", "--- {k: 1}\n", "---\t\n", "l: 1\nl: 2\n", "m: y\n", "n: a\\/b\n", '"o": "\\/"\n'),
    )
)
TEXTS = st.lists(PARTS, max_size=8).map("".join)


def found(text: str) -> tuple[list[tuple[Document, int]], list[Problem]]:
    """Return the documents of a text, each with its line, and what is wrong with it."""
    problems: list[Problem] = []
    documents = list(read("a.yaml", text.encode(), problems, variables={}))
    return [(one, one.place.line) for one in documents], problems


@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
def test_what_was_read_before_changes_no_document_and_no_problem(before: Sequence[str], text: str) -> None:
    """Whatever was read before: the pieces are kept by their whole text."""
    Documents.known = {words: Pieces() for words in (False, True)}
    anew = found(text)
    Documents.known = {words: Pieces() for words in (False, True)}
    for one in before:
        found(one)
    assert found(text) == anew
    assert found(text) == anew


def test_an_unchanged_document_is_not_read_again() -> None:
    """It is the same value then."""
    first, _ = found("a: {b: 1}\n---\nc: 1\n")
    second, _ = found("x: 2\n---\nc: 2\n---\na: {b: 1}\n---\nc: 1\n")
    assert second[3][0].data is first[1][0].data
    assert second[3][1] == 7


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a: 1\n---\nb: 1\n", ("a: 1\n", "---\nb: 1\n")),
        ("---\na: 1\n--- # more\nb: 1", ("---\na: 1\n", "--- # more\nb: 1")),
        ("a: 1\n----\n---", ("a: 1\n----\n", "---")),
        ("a: 1\n", ("a: 1\n",)),
        ("%YAML 1.1\n---\na: 1\n", ()),
        ("a: 1\n...\nb: 1\n", ()),
    ],
)
def test_a_text_is_cut_before_each_line_that_begins_a_document(text: str, pieces: tuple[str, ...]) -> None:
    """Where nothing in it reaches over several documents."""
    assert cut(text) == pieces
    assert "".join(pieces) in (text, "")
