"""The lines of a document's fields, found anew from its text: few places are ever shown."""

import functools
import re
from contextlib import suppress

import yaml

from meshpolicy.record import record

ITEM = re.compile(r"\[(\d+)\]")


@record
class Lines:
    """One document of a text, counted from 1."""

    text: str
    document: int

    def __call__(self, field: str) -> int:
        """Return the line of a field such as `spec.rules[0].path`, or of the nearest part above it that is there."""
        node = self._node()
        line = node.start_mark.line
        while field:
            found = _step(node, field)
            if found is None:
                break
            line, node, field = found
        return int(line) + 1

    def _node(self) -> yaml.Node:
        documents = _documents(self.text)
        if self.document > len(documents):
            raise LookupError(f"the text has no document {self.document}")
        return documents[self.document - 1]


@functools.lru_cache(maxsize=8)
def _documents(text: str) -> tuple[yaml.Node, ...]:
    """Return a text's documents: whoever asks for one place of a large file often asks for many.

    From invalid YAML on there is none: reading the text has told of it.
    """
    found: list[yaml.Node] = []
    with suppress(yaml.YAMLError):
        found += yaml.compose_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tuple(found)


def _step(node: yaml.Node, field: str) -> tuple[int, yaml.Node, str] | None:
    """Return line, node and the rest of the path after its first part; a key may hold dots, so the longest wins."""
    item = ITEM.match(field)
    if item and isinstance(node, yaml.SequenceNode) and int(item[1]) < len(node.value):
        child = node.value[int(item[1])]
        return child.start_mark.line, child, field[item.end() :].removeprefix(".")
    if not isinstance(node, yaml.MappingNode):
        return None
    keys = [pair for pair in node.value if isinstance(pair[0], yaml.ScalarNode) and _leads(pair[0].value, field)]
    if not keys:
        return None
    key, value = max(keys, key=lambda pair: len(pair[0].value))
    return key.start_mark.line, value, field[len(key.value) :].removeprefix(".")


def _leads(key: str, field: str) -> bool:
    return bool(key) and field.startswith(key) and (len(field) == len(key) or field[len(key)] in ".[")
