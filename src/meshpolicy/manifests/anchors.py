"""Anchors of YAML that are given twice in a document, which Kubernetes' reader takes and the library does not. Pure."""

import re
from typing import Any

import yaml

NAME = re.compile(r"(?<![^\s\[{,])&([^\s\[\]{},&]+)")


def with_distinct_anchors(text: str, loader: Any) -> str:
    """Return the text with another name for each anchor whose name was given before; an alias means the last one.

    Of a text that cannot be read nothing is changed: reading it tells why.
    """
    names = NAME.findall(text)
    if len(names) == len(set(names)):
        return text
    changes: list[tuple[int, int, str]] = []
    own: dict[str, str] = {}
    taken = set(names)
    try:
        for token in yaml.scan(text, Loader=loader):
            if isinstance(token, yaml.DocumentStartToken | yaml.DocumentEndToken):
                own.clear()
            elif isinstance(token, yaml.AnchorToken):
                own[token.value] = _another(token.value, taken) if token.value in own else token.value
                changes.append((token.start_mark.index, token.end_mark.index, f"&{own[token.value]}"))
            elif isinstance(token, yaml.AliasToken) and token.value in own:
                changes.append((token.start_mark.index, token.end_mark.index, f"*{own[token.value]}"))
    except yaml.YAMLError:
        return text
    for start, end, name in reversed(changes):
        text = f"{text[:start]}{name}{text[end:]}"
    return text


def _another(name: str, taken: set[str]) -> str:
    """Return a name that no anchor of the text has, and take it."""
    number = next(number for number in range(2, len(taken) + 3) if f"{name}-{number}" not in taken)
    taken.add(f"{name}-{number}")
    return f"{name}-{number}"
