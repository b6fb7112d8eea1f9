"""What the wheel leaves out of internal modules: texts that nothing reads, and no line of what runs."""

import ast

import pytest

from meshpolicy.hatch_build import shortened, without_docstrings

SOURCE = '''"""A module.

With two paragraphs.
"""

NAME = "kept"
"""A field's."""


@dataclass
class Thing:
    """A class."""

    size: int = 1
    """Its field's."""

    def grow(self) -> None:
        """Grow."""
        self.size += 1


class Wrong(Exception):
    """Nothing else is in it."""


class Kind(Enum):
    """A class whose docstring nothing makes."""

    ONE = 1


def text() -> str:
    """Return a text."""
    return """kept, too"""
'''
SHORTER = '''




NAME = "kept"



@dataclass
class Thing:
    "Internal."

    size: int = 1


    def grow(self) -> None:

        self.size += 1


class Wrong(Exception):
    """Nothing else is in it."""


class Kind(Enum):


    ONE = 1


def text() -> str:

    return """kept, too"""
'''


def test_docstrings_become_empty_lines_and_all_else_stays_on_its_line() -> None:
    assert without_docstrings(SOURCE, ast.walk(ast.parse(SOURCE))) == SHORTER
    assert without_docstrings(SHORTER, ast.walk(ast.parse(SHORTER))) == SHORTER


@pytest.mark.parametrize("source", ["", "\n", "x = 1\n", '"""Only a docstring."""\n', 'f"{1}"\nx = 1\n'])
def test_what_has_no_docstring_or_nothing_else_stays_as_it_is(source: str) -> None:
    assert without_docstrings(source, ast.walk(ast.parse(source))) == source


TYPED = """from a import B, C
import d.e  # a type

x: int = 1  # of what a module holds
y: B = C


def shown(a: int, *, b: str = ":#") -> dict[str, int]:  # of an internal module
    found: dict[str, int] = {}
    # A line of its own.
    return found


@record
class Thing:
    size: int = 1
    kind: ClassVar[str] = '''two
        lines'''

    def _grow(self, *by: int, how: "d.e.Thing | None" = None) -> None:
        self.size: int = 2
        more: int
        for more in by:
            self.size += more  # é

    def __len__(self) -> int:
        return self.size


def _made(text: str = "->", flag: bool = True) -> object:
    class Own:
        kind: str = text

    last: int = 1
    return Own
"""
SHORT = """from a import C


x = 1
y = C


def shown(a, *, b = ":#"):
 found = {}

 return found


@record
class Thing:
 size: 0 = 1
 kind: ClassVar[str] = '''two
        lines'''

 def _grow(self, *by, how = None):
  self.size: int = 2
  more: int
  for more in by:
   self.size += more

 def __len__(self):
  return self.size


def _made(text = "->", flag = True):
 class Own:
  kind: str = text

 last = 1
 return Own
"""


def test_comments_types_what_they_import_and_most_indentation_are_left_out() -> None:
    """All else stays on its line: fields, texts of several lines, and variables that have a type and no value."""
    assert shortened(TYPED) == SHORT


def test_docstrings_stay_where_they_are_help_texts() -> None:
    assert shortened('def a() -> int:\n    """Help."""\n    return 1\n', docstrings=True).splitlines() == [
        "def a():",
        ' """Help."""',
        " return 1",
    ]
