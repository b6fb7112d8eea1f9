"""The errors of this package, and the problems that a reader of manifests collects.

MeshPolicyError
├── InvalidInput        some documents are wrong; carries every Problem found
├── InvalidQuestion     the words of a question cannot be read
└── UnknownWorkload     a question names a workload that the manifests do not have
"""

import dataclasses
from enum import StrEnum

from meshpolicy.record import record

_LINE_ENDS = {ord(char): char.encode("unicode_escape").decode() for char in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"}
"""All at which `str.splitlines` begins a new line, in letters."""


def on_one_line(text: str) -> str:
    """Return a text with its line ends in letters: no name of a file or field begins a line of what is printed."""
    return text.translate(_LINE_ENDS)


@record(order=True)
class Place:
    """Where something stands: a file (or `-`), its document counted from 1 (0: the file as a whole), and a field.

    It is written `file:line, field`; where no line is known, `file, document N, field`.
    """

    file: str
    document: int = 0
    field: str = ""
    line: int = dataclasses.field(default=0, compare=False)
    """Where the field, or else the document, begins in its file, counted from 1; 0: not known."""

    def __str__(self) -> str:
        field = f", {self.field}" if self.field else ""
        document = f":{self.line}" if self.line else f", document {self.document}" if self.document else ""
        return on_one_line(f"{self.file}{document}{field}")


class ProblemKind(StrEnum):
    """Who stops at a problem: this reader, or a cluster."""

    UNUSABLE = "unusable"
    """The document cannot be used as it is."""
    REJECTED = "rejected"
    """Linkerd's admission webhook, or the API server, would refuse the document."""
    TOLERATED = "tolerated"
    """The API server would refuse the document, for a reason on which no answer about policies rests."""
    LEFT_OUT = "left out"
    """No manifest, found in a folder of manifests: it was left out, and the rest was read."""
    AMBIGUOUS = "ambiguous"
    """An object that is given twice with differences, in two files: what they differ in is unknown."""
    NOT_RENDERED = "not rendered"
    """What a tool would have to render first, and may hold policies: what these could change is unknown."""


@record(order=True)
class Problem:
    """One thing that is wrong with one document, and what to do about it."""

    place: Place
    message: str
    kind: ProblemKind = ProblemKind.UNUSABLE
    rule: str = ""
    """The rule of the semantics that was broken (`R29`), where there is one."""
    digest: str = dataclasses.field(default="", compare=False, repr=False)
    """A hash of what was not rendered, by which two states are told apart."""
    workloads: bool = dataclasses.field(default=False, compare=False, repr=False)
    """Whether what was left out may hold workloads: a chart, a template."""

    def __str__(self) -> str:
        return on_one_line(f"{self.place}: {self.message}")


class MeshPolicyError(Exception):
    """The base of all errors of this package."""


class InvalidInput(MeshPolicyError):
    """Some documents cannot be used; `problems` holds every one of them, in order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class InvalidQuestion(MeshPolicyError):
    """The words of a question cannot be read: a sentence, a method, a path, a header, an option."""


class UnknownWorkload(MeshPolicyError):
    """A question names a workload that the manifests do not have."""
