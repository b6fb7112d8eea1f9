"""Reads the documents of one text: YAML or JSON. Pure."""

import codecs
import re
from collections.abc import Iterator, Mapping

import yaml

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.manifests import foreign
from meshpolicy.manifests.anchors import with_distinct_anchors
from meshpolicy.manifests.flow import with_quoted_colons
from meshpolicy.manifests.kustomization import digest_of
from meshpolicy.manifests.lines import Lines
from meshpolicy.manifests.loader import DEEPEST, Base, Documents
from meshpolicy.manifests.variables import substituted, unset

HARMLESS = 2_000
"""Brackets of a document, or characters of a line, that cannot overflow the stack of the C reader."""
OTHER_VERSION = re.compile(r"^%YAML[ \t]+(?!1\.1[ \t\r\n])(\S+)", re.MULTILINE)
"""A directive of a version that Kubernetes' reader does not take."""
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""How a text in UTF-16 begins, which Kubernetes' reader takes."""


def read(
    name: str,
    text: bytes,
    problems: list[Problem],
    *,
    words: bool = False,
    found: bool = False,
    variables: Mapping[str, str] | None = None,
    defaults: bool = True,
) -> Iterator[Document]:
    """Yield the documents of one text; `name` is what places say, `found` whether the file was not named itself.

    `defaults` says whether variables without a value have their default.
    """
    documents = None
    try:
        decoded = text.decode("utf-16" if text.startswith(UTF_16) else "utf-8")
        decoded = decoded if variables is None else substituted(decoded, variables, defaults=defaults)
        if (wrong := _refused(name, decoded)) is not None:
            problems.append(wrong)
            return
        decoded = with_distinct_anchors(with_quoted_colons(decoded, Base), Base)
        unfilled = variables is not None and ("${" in decoded or "{{" in decoded)
        documents = Documents(decoded, words=words)
        for line, data in documents:
            if isinstance(data, dict):
                missing = tuple(dict.fromkeys(unset(data))) if unfilled else ()
                place = Place(name, documents.number, line=line + 1)
                yield Document(place, data, Lines(decoded, documents.number), missing, found=found)
            elif data is not None:
                problems.append(_no_object(Place(name, documents.number), data, found=found))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        place = Place(name, max(documents.number if documents else 0, 1), line=_line(error))
        shown = foreign.readable(text.decode(errors="replace"))
        problems.append(_unreadable(place, shown, _reason(error), found=found))


def _refused(name: str, text: str) -> Problem | None:
    """Return why a text is not read at all; None: nothing is known against it."""
    if deep := _first_too_deep(text):
        return Problem(Place(name, deep), f"invalid YAML: it is nested deeper than {DEEPEST} levels")
    if other := OTHER_VERSION.search(text) if "%YAML" in text else None:
        line = text.count("\n", 0, other.start()) + 1
        return Problem(Place(name, 1, line=line), f"invalid YAML: its version is {other[1]}, not 1.1")
    return None


def _no_object(place: Place, data: object, *, found: bool) -> Problem:
    word = "list" if isinstance(data, list) else "text" if isinstance(data, str) else type(data).__name__
    if found:
        return Problem(place, f"left out: a {word}, where a manifest is an object", ProblemKind.LEFT_OUT)
    return Problem(place, f"is a {word}, where an object is expected")


def _unreadable(place: Place, text: str, reason: str, *, found: bool) -> Problem:
    """Return what is wrong with a text that is no YAML; of a folder's file, whether it can be a manifest at all."""
    template, label = foreign.is_template(text), foreign.label(place.file, {})
    holds = template and foreign.may_hold_policies(text)
    if found and not foreign.may_be_manifest(text) and not (holds and label == foreign.OTHER):
        return Problem(place, f"left out: {label}", ProblemKind.LEFT_OUT)
    if found and holds:
        told = "not rendered: a template that may hold policies; give what it renders, --exclude leaves it out"
        return Problem(place, told, ProblemKind.NOT_RENDERED, digest=digest_of(text.encode()))
    if found and template:
        return Problem(place, "left out: a template without policies", ProblemKind.LEFT_OUT, workloads=True)
    hint = "; a template must be rendered first" if "{{" in text else ""
    return Problem(place, f"invalid YAML: {reason}{hint}")


def _first_too_deep(text: str) -> int:
    """Return the number of the first document that would overflow the C reader, which recurses unchecked, or 0.

    Each level costs a bracket or, in block style, at least half a column; only where these abound are all events read.
    """
    brackets = max(part.count("[") + part.count("{") for part in text.split("\n---"))
    longest = max(map(len, text.splitlines()), default=0)
    if max(brackets, longest) < HARMLESS:
        return 0
    number = depth = 0
    try:
        for event in yaml.parse(text, Loader=Base):
            if isinstance(event, yaml.DocumentStartEvent):
                number += 1
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEEPEST:
                    return number
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return 0  # the caller meets the same error, no deeper than this
    return 0


def _line(error: Exception) -> int:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return 0 if mark is None else int(mark.line) + 1


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"column {mark.column + 1}: {error.problem}"
    if isinstance(error, UnicodeDecodeError):
        return f"its byte 0x{error.object[error.start]:02x} at position {error.start} is not {error.encoding.upper()}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split()) or type(error).__name__
