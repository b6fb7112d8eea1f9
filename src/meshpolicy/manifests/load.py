"""Reads YAML and JSON documents from files, folders and standard input. The only module that opens manifests."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import yaml

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.manifests import scalars
from meshpolicy.manifests.content import content, standard_input
from meshpolicy.manifests.flow import with_quoted_colons
from meshpolicy.manifests.folder import manifests_in
from meshpolicy.manifests.lines import Lines
from meshpolicy.manifests.paths import display_path
from meshpolicy.manifests.variables import substituted, unset

MOST_NODES = 5_000_000
"""Values that one document may have once its aliases are followed: a small file can name billions."""
DEEPEST = 200
"""Levels of nesting that a document may have; no manifest comes near, and the reader recurses."""

HARMLESS = 2_000
"""Brackets of a document, or characters of a line, that cannot overflow the stack of the C reader."""
TEXT, MERGE, PLAIN = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge", "!plain"
MERGE_KEY = "<<"

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc] # the C loader has no types
    """Builds documents as Kubernetes' reader does; refuses a key given twice."""

    yaml_implicit_resolvers: ClassVar = {None: [(PLAIN, re.compile(""))]}
    words = False
    """Whether a lone `y` or `n` is the word that it is outside of Kubernetes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def _plain(self, text: str) -> scalars.Scalar:
        return scalars.plain(text, words=self.words)

    def build(self, node: yaml.Node, known: dict[int, Any]) -> Any:
        """Return the value of a node, built without the detours of the library; aliases share theirs."""
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == TEXT else self._scalar(node, scalars.as_json)
        if id(node) in known:
            return known[id(node)]
        if isinstance(node, yaml.SequenceNode):
            known[id(node)] = values = [self.build(child, known) for child in node.value]
            return values
        known[id(node)] = mapping = self._mapping(node, known)
        return mapping

    def _scalar(self, node: yaml.ScalarNode, written: Callable[[scalars.Scalar], scalars.Scalar]) -> scalars.Scalar:
        try:
            if node.tag != PLAIN:
                return written(scalars.tagged(node.value, node.tag))
            # After a lone `!` nothing but a text can stand.
            return written(node.value if self.text.startswith("!", node.start_mark.index) else self._plain(node.value))
        except scalars.Unreadable as wrong:
            problem = f"`{node.value[:40]}` cannot be read as {wrong}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None

    def _mapping(self, node: yaml.Node, known: dict[int, Any]) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        given: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == MERGE_KEY and key.tag in (PLAIN, MERGE):
                for part in self._merged(value, known):
                    mapping |= part
                continue
            name = self._key(key)
            if name in given:
                raise yaml.constructor.ConstructorError(None, None, f"the key `{name}` is given twice", key.start_mark)
            given.add(name)
            mapping[name] = self.build(value, known)
        return mapping

    def _merged(self, node: yaml.Node, known: dict[int, Any]) -> list[dict[str, Any]]:
        """Return what a merge adds, the part that outweighs the others last."""
        found = self.build(node, known)
        parts = found[::-1] if isinstance(found, list) else [found]
        if not all(isinstance(part, dict) for part in parts):
            problem = "an object, or a list of objects, can be merged"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return parts

    def _key(self, node: yaml.Node) -> str:
        """Return a key, which is a text in the end: `80:` and `on:` are the keys 80 and true."""
        if not isinstance(node, yaml.ScalarNode):  # as the braces of a template make
            problem = "a key is an object or a list, where a string is expected"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return node.value if node.tag == TEXT else str(self._scalar(node, scalars.key))


class _WordLoader(_Loader):
    """Leaves `y` and `n` the words that they are outside of Kubernetes."""

    words = True


def load(
    paths: Iterable[str | Path],
    progress: Progress = no_progress,
    *,
    words: bool = False,
    excluded: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """Return all documents of files, of folders (recursively, by name) and of `-`, and what is wrong with them.

    With `words`, a lone `y` or `n` is a text, as YAML's other readers and writers have it. Files that a pattern of
    `excluded` names are not read; a file of a folder that is no manifest is a problem of the kind LEFT_OUT.
    With `variables`, those of GitOps tools are filled in: with these values, or else with their defaults.
    """
    problems: list[Problem] = []
    texts = (text for path in paths for text in _texts(path, problems, excluded))
    documents = (
        document
        for name, text, found in texts
        for document in read(name, text, problems, words=words, found=found, variables=variables)
    )
    return tuple(progress(documents, "documents read")), tuple(problems)


def _texts(path: str | Path, problems: list[Problem], excluded: Sequence[str]) -> Iterator[tuple[str, bytes, bool]]:
    """Yield name and bytes of each file, and whether it was found in a folder, not named itself."""
    if str(path) == "-":
        try:
            yield "-", standard_input(), False
        except OSError as error:
            problems.append(Problem(Place("-"), f"cannot be read: {error.strerror}"))
        return
    named = not Path(path).is_dir()
    for file in [Path(path)] if named else _files(Path(path), problems, excluded):
        try:
            yield display_path(file), content(file), not named
        except OSError as error:
            problems.append(Problem(Place(display_path(file)), f"cannot be read: {error.strerror}"))


def _files(path: Path, problems: list[Problem], excluded: Sequence[str]) -> list[Path]:
    folder = manifests_in(path, excluded)
    problems += (*folder.unreadable, *folder.left_out)
    if not folder.files and not folder.unreadable:
        problems.append(Problem(Place(display_path(path)), "holds no manifest (*.yaml, *.yml or *.json)"))
    return folder.files


def read(
    name: str,
    text: bytes,
    problems: list[Problem],
    *,
    words: bool = False,
    found: bool = False,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Document]:
    """Yield the documents of one text; `name` is what places say, `found` whether the file was not named itself."""
    number = 0
    try:
        decoded = text.decode() if variables is None else substituted(text.decode(), variables)
        if deep := _first_too_deep(decoded):
            problems.append(Problem(Place(name, deep), f"invalid YAML: it is nested deeper than {DEEPEST} levels"))
            return
        decoded = with_quoted_colons(decoded, _Base)
        aliases, unfilled = "*" in decoded, variables is not None and "${" in decoded
        loader = (_WordLoader if words else _Loader)(decoded)
        while loader.check_node():
            number += 1
            node = loader.get_node()
            if aliases:
                _bounded(node)
            data = loader.build(node, {})
            if data is None:
                continue
            if isinstance(data, dict):
                missing = tuple(dict.fromkeys(unset(data))) if unfilled else ()
                yield Document(
                    Place(name, number, line=node.start_mark.line + 1), data, Lines(decoded, number), missing
                )
            elif found:
                text_of = f"left out: a {_word(data)}, where a manifest is an object"
                problems.append(Problem(Place(name, number), text_of, ProblemKind.LEFT_OUT))
            else:
                problems.append(Problem(Place(name, number), f"is a {_word(data)}, where an object is expected"))
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        hint = "; a template must be rendered first" if b"{{" in text else ""
        place = Place(name, max(number, 1), line=_line(error))
        problems.append(Problem(place, f"invalid YAML: {_reason(error)}{hint}"))


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
        for event in yaml.parse(text, Loader=_Base):
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


def _bounded(node: yaml.Node) -> None:
    """Raise ValueError if the document is endless, too deep or too large once its aliases are followed."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node, depth: int) -> int:
        if depth > DEEPEST:
            raise ValueError(f"it is nested deeper than {DEEPEST} levels, or contains itself")
        if id(node) in sizes:
            return sizes[id(node)]
        total = 1
        if isinstance(node, yaml.SequenceNode):
            total += sum(size(child, depth + 1) for child in node.value)
        elif isinstance(node, yaml.MappingNode):
            total += sum(size(part, depth + 1) for pair in node.value for part in pair)
        if total > MOST_NODES:
            raise ValueError("its aliases make it larger than any manifest")
        sizes[id(node)] = total
        return total

    size(node, 0)


def _word(data: object) -> str:
    return "list" if isinstance(data, list) else "text" if isinstance(data, str) else type(data).__name__


def _line(error: Exception) -> int:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return 0 if mark is None else int(mark.line) + 1


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"column {mark.column + 1}: {error.problem}"
    if isinstance(error, UnicodeDecodeError):
        return f"its byte 0x{error.object[error.start]:02x} at position {error.start} is not UTF-8"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split()) or type(error).__name__
