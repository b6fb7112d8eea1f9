"""One document of a manifest. A pure value: reading files is `load`'s."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field

from meshpolicy.core.errors import Place, Problem
from meshpolicy.record import record, replace

Manifest = Mapping[str, object]
"""An object as its document says it."""


@record
class Document:
    """A YAML or JSON document that is a mapping, and where it stands."""

    place: Place
    data: Manifest
    line_of: Callable[[str], int] | None = field(default=None, compare=False, repr=False)
    """The line of a field (`spec.rules[0].path`); asked only for places that are shown, since it costs a reading."""

    unset: tuple[str, ...] = ()
    """Variables without a value that stand in what decides access."""
    namespace: str = ""
    """The namespace that a GitOps tool puts it into, whatever it names; empty: its own."""
    found: bool = False
    """Whether its file was found in a folder, and not named itself."""
    via: str = ""
    """What rendered it, where its place is that of the object as it was written; empty: nothing."""

    def located(self, place: Place) -> Place:
        """Return a place of this document with the line of its own field."""
        return replace(place, line=self.line_of(place.field)) if self.line_of and place.field else place


def located(problems: Iterable[Problem], documents: Iterable[Document]) -> Iterator[Problem]:
    """Yield problems of these documents with the lines of their own fields."""
    problems = tuple(problems)
    known = {(d.place.file, d.place.document): d for d in documents} if problems else {}
    for problem in problems:
        document = known.get((problem.place.file, problem.place.document))
        yield replace(problem, place=document.located(problem.place)) if document is not None else problem
