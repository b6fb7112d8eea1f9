"""What the wheel leaves out of internal modules: texts that nothing reads, and no line of what runs."""

import pytest

from meshpolicy.hatch_build import without_docstrings

SOURCE = '''"""A module.

With two paragraphs.
"""

NAME = "kept"
"""A field's."""


class Thing:
    """A class."""

    size: int = 1
    """Its field's."""

    def grow(self) -> None:
        """Grow."""
        self.size += 1


class Wrong(Exception):
    """Nothing else is in it."""


def text() -> str:
    """Return a text."""
    return """kept, too"""
'''
SHORTER = '''




NAME = "kept"



class Thing:
    "Internal."

    size: int = 1


    def grow(self) -> None:

        self.size += 1


class Wrong(Exception):
    """Nothing else is in it."""


def text() -> str:

    return """kept, too"""
'''


def test_docstrings_become_empty_lines_and_all_else_stays_on_its_line() -> None:
    assert without_docstrings(SOURCE) == SHORTER
    assert without_docstrings(SHORTER) == SHORTER


@pytest.mark.parametrize("source", ["", "\n", "x = 1\n", '"""Only a docstring."""\n', 'f"{1}"\nx = 1\n'])
def test_what_has_no_docstring_or_nothing_else_stays_as_it_is(source: str) -> None:
    assert without_docstrings(source) == source
