"""Paths that differ in an identifier alone, as one pattern: `/orders/{id}` of `/orders/1`, `/orders/2`, … Pure.

No two patterns of one method meet the same path: else it would depend on their routes' names who may ask for it.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import combinations

from meshpolicy.core.match import PathKind, PathMatch
from meshpolicy.record import record

LEAST_PATHS = 3
"""The least number of paths that differ in identifiers and become one pattern."""
LEAST_NAMES = 10
"""The least number of paths that differ in other segments and become one pattern."""
WORD = "[^/]+"
CLASSES = (
    ("{number}", "[0-9]+"),
    ("{uuid}", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    ("{hex}", "[0-9a-f]{8,}"),
)
APART = ({"{number}", "{uuid}"}, {"{hex}", "{uuid}"})
"""Classes that have no text in common."""
ENDING = re.compile(r"\.[a-z]{1,5}$")
LONG = re.compile(r"(?=.*[0-9])[A-Za-z0-9_=-]{16,}")


@record
class Segment:
    """One part of a path between slashes: a text, or what stands for many."""

    text: str
    regex: str = ""
    """Empty: the text itself."""
    ending: str = ""
    """`.json`, where all of them have it."""

    def meets(self, text: str) -> bool:
        """Whether a part of a path is meant."""
        return re.fullmatch(self.regex, text) is not None if self.regex else text == self.text

    def overlaps(self, other: "Segment") -> bool:
        """Whether some text is meant by both, or may be."""
        if not self.regex:
            return other.meets(self.text)
        if not other.regex or WORD in (self.regex, other.regex):
            return bool(other.regex) or self.meets(other.text)
        names = {one.text.removesuffix(one.ending) for one in (self, other)}
        return self.ending == other.ending and names not in APART


@record
class Template:
    """Paths of one shape."""

    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """Return it as a person reads it: `/orders/{number}`."""
        return "/" + "/".join(segment.text for segment in self.segments)

    @property
    def path(self) -> PathMatch:
        """Return it as a route holds it."""
        parts = (segment.regex or re.escape(segment.text) for segment in self.segments)
        return PathMatch(PathKind.REGEX, "/" + "/".join(parts))

    def meets(self, path: str) -> bool:
        """Whether a path is meant."""
        parts = path.split("/")[1:]
        return len(parts) == len(self.segments) and all(
            one.meets(part) for one, part in zip(self.segments, parts, strict=True)
        )

    def overlaps(self, other: "Template") -> bool:
        """Whether some path is meant by both, or may be."""
        return len(self.segments) == len(other.segments) and all(
            one.overlaps(two) for one, two in zip(self.segments, other.segments, strict=True)
        )

    def widened(self, other: "Template") -> "Template":
        """Return the template that means all that both mean."""
        return Template(
            tuple(
                one if one == two else Segment("{id}", WORD)
                for one, two in zip(self.segments, other.segments, strict=True)
            )
        )


def templates(paths: Iterable[str]) -> tuple[Template, ...]:
    """Return the templates of which enough paths were seen, none of which overlaps another."""
    shaped: dict[Template, set[str]] = {}
    for path in dict.fromkeys(paths):
        found = Template(tuple(map(_segment, path.split("/")[1:])))
        shaped.setdefault(found, set()).add(path)
    general = [one for one, some in shaped.items() if any(s.regex for s in one.segments) and len(some) >= LEAST_PATHS]
    general += _by_name([one for one in shaped if not any(s.regex for s in one.segments)])
    return tuple(_apart(general))


def _segment(text: str) -> Segment:
    ending = ENDING.search(text)
    base, end = (text[: ending.start()], ending[0]) if ending else (text, "")
    for name, regex in CLASSES:
        if re.fullmatch(regex, base):
            return Segment(name + end, regex + re.escape(end), end)
    return Segment("{id}", WORD) if LONG.fullmatch(text) else Segment(text)


def _by_name(exact: Sequence[Template]) -> list[Template]:
    """Return templates of paths that differ in one segment alone, where that has very many texts."""
    found: dict[Template, int] = {}
    for one in exact:
        for at, _ in enumerate(one.segments):
            wide = Template((*one.segments[:at], Segment("{name}", WORD), *one.segments[at + 1 :]))
            found[wide] = found.get(wide, 0) + 1
    return [wide for wide, count in found.items() if count >= LEAST_NAMES]


def _apart(general: Sequence[Template]) -> list[Template]:
    """Return templates of which those that overlap are put together."""
    found = list(dict.fromkeys(general))
    while pair := next(((a, b) for a, b in combinations(found, 2) if a.overlaps(b)), None):
        found = [one for one in found if one not in pair]
        if (wide := pair[0].widened(pair[1])) not in found:
            found.append(wide)
    return found
