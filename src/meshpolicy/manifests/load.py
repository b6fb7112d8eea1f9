"""Reads YAML and JSON documents from files, folders and standard input. The only module that opens manifests."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import yaml

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.manifests.folder import manifests_in
from meshpolicy.manifests.lines import Lines
from meshpolicy.manifests.paths import display_path
from meshpolicy.manifests.variables import substituted

MOST_NODES = 5_000_000
"""Values that one document may have once its aliases are followed: a small file can name billions."""
DEEPEST = 200
"""Levels of nesting that a document may have; no manifest comes near, and the reader recurses."""

HARMLESS = 2_000
"""Brackets of a document, or characters of a line, that cannot overflow the stack of the C reader."""
LONGEST = 1_000
"""Bits of a whole number; Python refuses to print one of some ten thousand."""

TEXT, MERGE, BOOL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:bool"
LETTERS = re.compile("[yYnN]$")
"""Whole words that Kubernetes' reader, unlike the library here, takes for true and false."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc] # the C loader has no types
    """A safe loader that refuses a key given twice and leaves timestamps as they are written."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _Base.yaml_implicit_resolvers.items()
    } | {letter: [(BOOL, LETTERS), *_Base.yaml_implicit_resolvers.get(letter, ())] for letter in "yYnN"}
    bool_values: ClassVar = {**_Base.bool_values, "y": True, "n": False}

    def build(self, node: yaml.Node, known: dict[int, Any]) -> Any:
        """Return the value of a node, built without the detours of the library; aliases share theirs."""
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.tag == TEXT else self._scalar(node)
        if id(node) in known:
            return known[id(node)]
        if isinstance(node, yaml.SequenceNode):
            known[id(node)] = values = [self.build(child, known) for child in node.value]
            return values
        known[id(node)] = mapping = self._mapping(node, known)
        return mapping

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            value = self.construct_object(node)
        except (ValueError, LookupError, AttributeError):  # the library raises these for `!!bool x` and its like
            value, wrong = None, True
        else:
            wrong = isinstance(value, int) and value.bit_length() > LONGEST
        if wrong:
            problem = f"`{node.value[:40]}` cannot be read as {node.tag.rpartition(':')[2]}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return value

    def _mapping(self, node: yaml.Node, known: dict[int, Any]) -> dict[Any, Any]:
        if any(key.tag == MERGE for key, _ in node.value):
            self.flatten_mapping(node)
        try:
            mapping = {self.build(key, known): self.build(value, known) for key, value in node.value}
        except TypeError:  # a key that cannot be one, as the braces of a template make
            mark = next((key.start_mark for key, _ in node.value if not isinstance(key, yaml.ScalarNode)), None)
            problem = "a key is an object or a list, where a string is expected"
            raise yaml.constructor.ConstructorError(None, None, problem, mark or node.start_mark) from None
        if len(mapping) != len(node.value):
            seen: set[str] = set()
            for key, _ in node.value:
                if key.value in seen:
                    problem = f"the key `{key.value}` is given twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        return mapping


class _WordLoader(_Loader):
    """Leaves `y` and `n` the words that they are outside of Kubernetes."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if pattern is not LETTERS]
        for first, resolvers in _Loader.yaml_implicit_resolvers.items()
    }


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
        yield "-", sys.stdin.buffer.read(), False
        return
    named = not Path(path).is_dir()
    for file in [Path(path)] if named else _files(Path(path), problems, excluded):
        try:
            yield display_path(file), file.read_bytes(), not named
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
        aliases = "*" in decoded
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
                yield Document(Place(name, number, line=node.start_mark.line + 1), data, Lines(decoded, number))
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
