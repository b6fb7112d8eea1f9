"""Labels of an object, and what manifests leave open about them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import field

from meshpolicy.record import record

AnyValue = frozenset[str] | None
"""The values that a label may have; None: any."""
NOTHING: Mapping[str, str] = {}


@record
class Labels(Mapping[str, str]):
    """The labels that are known, read as a mapping; besides, those whose value or presence is not known.

    Controllers label the pods that they make (`pod-template-hash`), and a Namespace that is not in the input may
    have any label.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    present: Mapping[str, AnyValue] = field(default_factory=dict)
    """Labels that are there for certain, with one of these values."""
    perhaps: frozenset[str] = frozenset()
    """Labels that may be there, with any value."""
    complete: bool = True
    """Whether all other labels are absent for certain."""

    def __getitem__(self, key: str) -> str:
        return self.known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)

    def open(self, key: str) -> bool:
        """Whether it is not known if the label is there."""
        return key not in self.known and key not in self.present and (key in self.perhaps or not self.complete)


def whole(labels: Mapping[str, str]) -> Labels:
    """Return labels as such, taken for complete where nothing else was said."""
    return labels if isinstance(labels, Labels) else Labels(labels)


ANY = Labels(complete=False)
"""The labels of an object about which nothing is known."""
