"""Builds the documents of a text as Kubernetes' reader does. Pure."""

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import yaml

from meshpolicy.manifests import scalars
from meshpolicy.manifests.pieces import Found, Pieces

MOST_NODES = 5_000_000
"""Values that one document may have once its aliases are followed: a small file can name billions."""
DEEPEST = 200
"""Levels of nesting that a document may have; no manifest comes near, and the reader recurses."""
TEXT, MERGE, PLAIN = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge", "!plain"
LIST, OBJECT = "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"
MERGE_KEY = "<<"
ESCAPED_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(Base):  # type: ignore[misc] # the C loader has no types
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
                try:
                    return self._values[node.value]
                except KeyError:
                    found = self._values[node.value] = self._scalar(node, scalars.as_json)
                    return found
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
        if node.tag == TEXT:
            return str(node.value)
        if node.tag != PLAIN or self._tags:
            return str(self._scalar(node, scalars.key))
        try:
            return self._names[node.value]
        except KeyError:
            name = self._names[node.value] = str(self._scalar(node, scalars.key))
            return name


def _refuse_marks(node: yaml.Node) -> None:
    """Raise for a `?` within a plain scalar of `[...]` or `{...}`, at which Kubernetes' reader ends the scalar."""
    parts = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
    for part in parts:
        if isinstance(part, yaml.ScalarNode) and part.style not in ("'", '"') and "?" in part.value[1:]:
            problem = f"did not find expected ',' or ']' in `{part.value[:40]}`: put it in quotes, for its `?`"
            raise yaml.parser.ParserError(None, None, problem, part.start_mark)


class WordLoader(Loader):
    """Leaves `y` and `n` the words that they are outside of Kubernetes."""

    words = True


class Documents:
    """The documents of one text, in their order: each with the line at which it begins, and its value."""

    known: ClassVar = {words: Pieces() for words in (False, True)}

    def __init__(self, text: str, *, words: bool) -> None:
        self._text, self._words = text, words
        self.number = 0
        """The number of the document being read, counted from 1."""

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
        loader, aliases = (WordLoader if self._words else Loader)(text), "*" in text
        while loader.check_node():
            self.number += 1
            node = loader.get_node()
            if aliases:
                _bounded(node)
            yield node.start_mark.line, loader.build(node, {})


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
