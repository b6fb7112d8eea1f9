"""Reads YAML and JSON documents from files, folders and standard input. The only module that opens manifests."""

import codecs
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import yaml

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.manifests import foreign, scalars
from meshpolicy.manifests.chart import chart_may_decide, is_chart
from meshpolicy.manifests.content import content, standard_input
from meshpolicy.manifests.flow import with_quoted_colons
from meshpolicy.manifests.folder import is_excluded, manifests_in
from meshpolicy.manifests.kustomization import Kustomization, digest, digest_of, files_of, within
from meshpolicy.manifests.lines import Lines
from meshpolicy.manifests.options import Chart, ReadOptions
from meshpolicy.manifests.pieces import Found, Pieces
from meshpolicy.manifests.variables import substituted, unset

MOST_NODES = 5_000_000
"""Values that one document may have once its aliases are followed: a small file can name billions."""
DEEPEST = 200
"""Levels of nesting that a document may have; no manifest comes near, and the reader recurses."""

HARMLESS = 2_000
"""Brackets of a document, or characters of a line, that cannot overflow the stack of the C reader."""
TEXT, MERGE, PLAIN = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge", "!plain"
LIST, OBJECT = "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"
MERGE_KEY = "<<"
ESCAPED_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
OTHER_VERSION = re.compile(r"^%YAML[ \t]+(?!1\.1[ \t\r\n])(\S+)", re.MULTILINE)
"""A directive of a version that Kubernetes' reader does not take."""

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""How a text in UTF-16 begins, which Kubernetes' reader takes."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc] # the C loader has no types
    """Builds documents as Kubernetes' reader does; refuses a key given twice."""

    words = False
    """Whether a lone `y` or `n` is the word that it is outside of Kubernetes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self._slashes = "\\/" in text and not text.lstrip().startswith("{")  # JSON has this escape, and YAML 1.1 not
        self._marks, self._tags = "?" in text, "!" in text
        self._values: dict[str, scalars.Scalar] = {}
        """What plain scalars of the text are: few are different."""
        self._names: dict[str, str] = {}
        """What plain scalars are as keys."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        """Return the tag of a node that has none; what a plain scalar is, is decided when it is built."""
        del value
        if kind is yaml.ScalarNode:
            return PLAIN if implicit[0] else TEXT
        return LIST if kind is yaml.SequenceNode else OBJECT

    def descend_resolver(self, node: yaml.Node, index: object) -> None:
        """Do nothing: no tag here depends on the path to a node."""

    def ascend_resolver(self) -> None:
        """Do nothing."""

    def _plain(self, text: str) -> scalars.Scalar:
        return scalars.plain(text, words=self.words)

    def build(self, node: yaml.Node, known: dict[int, Any]) -> Any:
        """Return the value of a node, built without the detours of the library; aliases share theirs."""
        if isinstance(node, yaml.ScalarNode):
            if self._slashes and node.style == '"':
                self._refuse_escape(node)
            if node.tag == PLAIN and not self._tags:
                text = node.value
                if text not in self._values:
                    self._values[text] = self._scalar(node, scalars.as_json)
                return self._values[text]
            return node.value if node.tag == TEXT else self._scalar(node, scalars.as_json)
        if id(node) in known:
            return known[id(node)]
        if self._marks and isinstance(node, yaml.CollectionNode) and node.flow_style:
            _refuse_marks(node)
        if isinstance(node, yaml.SequenceNode):
            known[id(node)] = values = [self.build(child, known) for child in node.value]
            return values
        known[id(node)] = mapping = self._mapping(node, known)
        return mapping

    def _refuse_escape(self, node: yaml.ScalarNode) -> None:
        r"""Raise for `\/`, which libyaml takes and Kubernetes' reader does not."""
        if ESCAPED_SLASH.search(self.text, node.start_mark.index, node.end_mark.index):
            problem = "found unknown escape character `/`"
            raise yaml.scanner.ScannerError(None, None, problem, node.start_mark)

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
        text = str(node.value)
        if node.tag == TEXT:
            return text
        if node.tag != PLAIN or self._tags:
            return str(self._scalar(node, scalars.key))
        if text not in self._names:
            self._names[text] = str(self._scalar(node, scalars.key))
        return self._names[text]


def _refuse_marks(node: yaml.Node) -> None:
    """Raise for a `?` within a plain scalar of `[...]` or `{...}`, at which Kubernetes' reader ends the scalar."""
    parts = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
    for part in parts:
        if isinstance(part, yaml.ScalarNode) and part.style not in ("'", '"') and "?" in part.value[1:]:
            problem = f"did not find expected ',' or ']' in `{part.value[:40]}`: put it in quotes, for its `?`"
            raise yaml.parser.ParserError(None, None, problem, part.start_mark)


class _WordLoader(_Loader):
    """Leaves `y` and `n` the words that they are outside of Kubernetes."""

    words = True


class _Documents:
    """The documents of one text, in their order: each with the line at which it begins, and its value."""

    known: ClassVar = {words: Pieces() for words in (False, True)}

    def __init__(self, text: str, *, words: bool) -> None:
        self._text, self._words = text, words
        self.number = 0
        """That of the last document that was begun, counted from 1."""

    def __iter__(self) -> Iterator[Found]:
        """Yield them as far as the text can be read. Raises YAMLError, ValueError, RecursionError and TypeError."""
        pieces = self.known[self._words]
        try:
            again = pieces.recall(self._text, self._read)
        except (yaml.YAMLError, ValueError, RecursionError, TypeError):
            again = None  # read as a whole, it tells where the mistake is
        self.number = 0
        if again is not None:
            for document in again:
                self.number += 1
                yield document
            return
        documents = []
        for document in self._read(self._text):
            documents.append(document)
            yield document
        pieces.keep(self._text, documents)

    def _read(self, text: str) -> Iterator[Found]:
        loader, aliases = (_WordLoader if self._words else _Loader)(text), "*" in text
        while loader.check_node():
            self.number += 1
            node = loader.get_node()
            if aliases:
                _bounded(node)
            yield node.start_mark.line, loader.build(node, {})


def load(
    paths: Iterable[str | Path],
    progress: Progress = no_progress,
    *,
    words: bool = False,
    options: ReadOptions | None = None,
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """Return all documents of files, of folders (recursively, by name) and of `-`, and what is wrong with them.

    With `words`, a lone `y` or `n` is a text, as YAML's other readers and writers have it. With `options`, the
    variables of GitOps tools are filled in. What lies in a folder and is no manifest is a problem of the kind LEFT_OUT;
    what was not rendered, one of the kind NOT_RENDERED.
    """
    reading = _Reading(options or ReadOptions(), None if options is None else options.variables, words=words)
    read_paths = (document for path in paths for document in reading.documents(path))
    documents = itertools.chain(read_paths, *(reading.chart(chart) for chart in reading.charts))
    return tuple(progress(documents, "documents read")), tuple(reading.problems)


class _Reading:
    """Reads paths one after the other, and collects what is wrong."""

    def __init__(self, options: ReadOptions, variables: Mapping[str, str] | None, *, words: bool) -> None:
        self._options, self._variables, self._words = options, variables, words
        self._written: dict[Path, tuple[Document, ...]] = {}
        self._read: set[Path] = set()
        """Files of folders that were read: one that two kustomizations list, or that lies in two sources, is one."""
        self.problems: list[Problem] = []
        self.charts = options.charts

    def documents(self, path: str | Path) -> Iterator[Document]:
        """Yield the documents of a file, of a folder or of standard input."""
        if str(path) == "-":
            yield from self._texts("-", standard_input, self.problems)
        elif not Path(path).is_dir():
            yield from self._file(Path(path), self.problems)
        elif is_chart(Path(path)):
            yield from self.chart(Chart(str(path), Path(path).resolve().name, self._options.namespace))
        else:
            yield from self._folder(Path(path))

    def _folder(self, path: Path) -> Iterator[Document]:
        folder = manifests_in(path, self._options)
        self.problems += (*folder.unreadable, *folder.left_out)
        if not (folder.files or folder.unreadable or folder.rendered or folder.left_out):
            self.problems.append(
                Problem(Place(self._options.shown(path)), "holds no manifest (*.yaml, *.yml or *.json)")
            )
        yield from self._files(folder.files)
        for root in folder.rendered:
            yield from self._rendered(root)

    def chart(self, chart: Chart) -> Iterator[Document]:
        """Yield what a chart renders; where it cannot be rendered, say so, and whether it may hold policies."""
        from meshpolicy.manifests.render import rendered_chart  # here, as it brings tools along: files are read sooner
        from meshpolicy.manifests.tools import NotRendered

        name = self._options.shown(Path(chart.path))
        try:
            yield from rendered_chart(chart, name, self._of_text)
        except NotRendered as error:
            kind = ProblemKind.NOT_RENDERED if chart_may_decide(Path(chart.path)) else ProblemKind.LEFT_OUT
            content = digest([Path(chart.path)])
            self.problems.append(Problem(Place(name), f"not rendered: {error}", kind, digest=content, workloads=True))

    def _files(self, files: Iterable[Path]) -> Iterator[Document]:
        for file in files:
            real = file.resolve()
            if real not in self._read and not is_excluded(self._options.shown(file), self._options.excluded):
                self._read.add(real)
                yield from self._file(file, self.problems, found=True)

    def _rendered(self, root: Kustomization) -> Iterator[Document]:
        """Yield what a kustomization renders; where it cannot be rendered, what it lists."""
        from meshpolicy.manifests.render import rendered
        from meshpolicy.manifests.tools import NotRendered

        name = self._options.shown(root.folder)
        try:
            found = rendered(root, name, self._of_text, self._source)
        except NotRendered as error:
            parts = within(root)
            text = f"not rendered: {error}; what its kustomization lists was read as it is"
            content = digest(part.folder for part in parts)
            self.problems.append(Problem(Place(name), text, ProblemKind.NOT_RENDERED, digest=content))
            yield from self._files(files_of(parts))
            return
        yield from (one for one in found if not is_excluded(one.place.file, self._options.excluded))

    def _source(self, file: Path) -> tuple[Document, ...]:
        """Return the documents of a file that something is rendered from; what is wrong there is not asked."""
        if file not in self._written:
            self._written[file] = tuple(self._file(file, [], found=True))
        return self._written[file]

    def _file(self, file: Path, problems: list[Problem], *, found: bool = False) -> Iterator[Document]:
        found = found and not self._options.strict
        return self._texts(self._options.shown(file), lambda: content(file), problems, found=found)

    def _texts(
        self, name: str, text: Callable[[], bytes], problems: list[Problem], *, found: bool = False
    ) -> Iterator[Document]:
        try:
            given = text()
        except OSError as error:
            problems.append(Problem(Place(name), f"cannot be read: {error.strerror}"))
            return
        yield from self._read_text(name, given, problems, found=found)

    def _of_text(self, name: str, text: bytes) -> Iterator[Document]:
        return (replace(document, via=name) for document in self._read_text(name, text, self.problems, found=True))

    def _read_text(self, name: str, text: bytes, problems: list[Problem], *, found: bool) -> Iterator[Document]:
        """Yield the documents of a text, with what Flux gives to the folder that it lies in."""
        variables, namespace, defaults = self._variables, "", True
        for scope in (scope for scope in self._options.scopes if scope.holds(name)):
            variables = {**scope.variables, **(variables or {})}
            namespace, defaults = scope.namespace, defaults and not scope.more
        given = read(name, text, problems, words=self._words, found=found, variables=variables, defaults=defaults)
        for document in given:
            yield replace(document, namespace=namespace) if namespace else document


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
        if deep := _first_too_deep(decoded):
            problems.append(Problem(Place(name, deep), f"invalid YAML: it is nested deeper than {DEEPEST} levels"))
            return
        if other := OTHER_VERSION.search(decoded) if "%YAML" in decoded else None:
            line = decoded.count("\n", 0, other.start()) + 1
            problems.append(Problem(Place(name, 1, line=line), f"invalid YAML: its version is {other[1]}, not 1.1"))
            return
        decoded = with_quoted_colons(decoded, _Base)
        unfilled = variables is not None and ("${" in decoded or "{{" in decoded)
        documents = _Documents(decoded, words=words)
        for line, data in documents:
            if data is None:
                continue
            if isinstance(data, dict):
                missing = tuple(dict.fromkeys(unset(data))) if unfilled else ()
                place = Place(name, documents.number, line=line + 1)
                yield Document(place, data, Lines(decoded, documents.number), missing, found=found)
            elif found:
                text_of = f"left out: a {_word(data)}, where a manifest is an object"
                problems.append(Problem(Place(name, documents.number), text_of, ProblemKind.LEFT_OUT))
            else:
                problems.append(
                    Problem(Place(name, documents.number), f"is a {_word(data)}, where an object is expected")
                )
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        place = Place(name, max(documents.number if documents else 0, 1), line=_line(error))
        shown = foreign.readable(text.decode(errors="replace"))
        problems.append(_unreadable(place, shown, _reason(error), found=found))


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
        return f"its byte 0x{error.object[error.start]:02x} at position {error.start} is not {error.encoding.upper()}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split()) or type(error).__name__
