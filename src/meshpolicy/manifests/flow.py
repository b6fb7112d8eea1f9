"""Plain scalars that end in a colon before a bracket or comma, as in `[http:]`, which libyaml refuses. Pure.

Kubernetes' reader (`go.yaml.in/yaml/v2`, `scannerc.go`) takes the colon for a part of the text.
"""

import re
from typing import Any

import yaml

COLON = re.compile(r"[^\s,\[\]{}][ \t]*:[,\[\]{}]")
SIGNS = (":,", ":[", ":]", ":{", ":}")
"""What stands in each text in which COLON is found; looking for these is much faster."""
REFUSED = "found unexpected ':'"
BEFORE = re.compile(r"[\s\S]*(?:[,\[\]{}\n]|:[ \t])[ \t]*", re.ASCII)
"""What may stand before such a scalar on its line."""
MOST = 100
"""Scalars of this kind that one text may have."""


def with_quoted_colons(text: str, loader: Any) -> str:
    """Return a text whose scalars of this kind stand in quotes; as it is where that does not make it readable."""
    if not any(sign in text for sign in SIGNS) or not COLON.search(text):
        return text
    lines = text.splitlines(keepends=True)
    for _ in range(MOST):
        try:
            for _event in yaml.parse("".join(lines), Loader=loader):
                pass
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            if error.problem != REFUSED or mark is None or mark.line >= len(lines):
                break
            quoted = _quoted(lines[mark.line], mark.column)
            if quoted == lines[mark.line]:
                break
            lines[mark.line] = quoted
        else:
            break
    return "".join(lines)


def _quoted(line: str, colon: int) -> str:
    """Return a line in which the scalar that ends at a colon stands in quotes; none begins with a colon."""
    found = BEFORE.match(line[:colon])
    start = found.end() if found else 0
    if line.startswith(":", start):
        return line
    scalar = line[start : colon + 1].replace("'", "''")
    return f"{line[:start]}'{scalar}'{line[colon + 1 :]}"
