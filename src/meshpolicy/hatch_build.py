"""What is done while the wheel is built: what internal modules say to whoever changes them is left out, a quarter.

These are docstrings, comments, types, imports that only these types need, and most of the indentation. The lines stay
as many as they were, so that a traceback names the right ones; all that the library shows stays as it is.
"""

import ast
import io
import re
import shutil
import tempfile
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHOWN = ("__init__.py", "__main__.py")
"""Files that are the library, beside the modules from which its names are."""
HELPFUL = "cli/"
"""Files whose docstrings are help texts."""
SHORT = "Internal."
DATACLASS = "dataclass"
MAKERS = frozenset({DATACLASS, "record"})
"""What makes fields of what a class names, and reads no type but `ClassVar`."""
NO_TYPE = b"0"
WORD = re.compile(r"\w+")
TEXTS = (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", None))
INDENT = 4
"""Spaces of a level of indentation, of which the wheel has one."""
OWN = "meshpolicy."


class Hook(BuildHookInterface[Any]):
    """Puts shorter modules in the place of the internal ones."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write them into a folder of their own, from which the builder takes them."""
        del version
        self._folder = Path(tempfile.mkdtemp())
        root = Path(self.root)
        kept = public(root)
        for file in self.build_config.builder.recurse_included_files():
            name = Path(file.path).relative_to(root).as_posix()
            if name.endswith(".py") and name not in kept and not name.startswith(SHOWN):
                shorter = self._folder / name
                shorter.parent.mkdir(parents=True, exist_ok=True)
                shorter.write_text(shortened(Path(file.path).read_text(), docstrings=name.startswith(HELPFUL)))
                build_data["force_include"][str(shorter)] = name

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the folder."""
        del version, build_data, artifact_path
        shutil.rmtree(self._folder)


def public(root: Path) -> frozenset[str]:
    """Return the files of the modules from which the library's names are imported."""
    tree = ast.parse((root / "__init__.py").read_text())
    modules = (node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    own = (module.removeprefix(OWN) for module in modules if module.startswith(OWN))
    return frozenset(f"{module.replace('.', '/')}.py" for module in own)


Span = tuple[int, int, int, bytes]
"""A line, counted from 0, its bytes from the first to before the last, and what stands there instead."""


def shortened(source: str, *, docstrings: bool = False) -> str:
    """Return a module that does the same on the same lines, without what nothing needs that runs."""
    nodes = list(ast.walk(ast.parse(source)))
    kept = source if docstrings else without_docstrings(source, nodes)
    tokens = list(tokenize.generate_tokens(io.StringIO(kept).readline))
    lines = [line.encode() for line in kept.split("\n")]
    for line, first, last, instead in sorted({*_comments(tokens), *_types(nodes, lines)}, reverse=True):
        lines[line] = (lines[line][:first] + instead + lines[line][last:]).rstrip()
    text = _without_imports_of_types("\n".join(line.decode() for line in lines), _names(nodes))
    return _barely_indented(text, tokens)


def _comments(tokens: Iterable[tokenize.TokenInfo]) -> Iterator[Span]:
    for token in tokens:
        if token.type == tokenize.COMMENT:
            before = token.line[: token.start[1]].encode()
            yield token.start[0] - 1, len(before.rstrip()) if before.strip() else 0, len(token.line.encode()), b""


def _types(nodes: Sequence[ast.AST], lines: Sequence[bytes]) -> Iterator[Span]:
    """Yield the types of what functions take and return, of variables, and of the fields of records."""
    found: list[tuple[ast.expr | None, bytes]] = []
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            given = node.args
            taken = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            found += [(one.annotation, b":") for one in taken if one is not None] + [(node.returns, b"->")]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    fields = {id(part) for one in classes for part in one.body}
    variables = (node for node in nodes if isinstance(node, ast.AnnAssign) and id(node) not in fields)
    found += [(one.annotation, b":") for one in variables if one.value is not None and one.simple]
    for type_, sign in found:
        if type_ is not None and type_.lineno == type_.end_lineno:
            line = lines[type_.lineno - 1]
            first = line.rindex(sign, 0, type_.col_offset)
            yield type_.lineno - 1, len(line[:first].rstrip()), type_.end_col_offset or len(line), b""
    made = (part for one in classes if MAKERS.intersection(map(_name, one.decorator_list)) for part in one.body)
    for field in made:
        if isinstance(field, ast.AnnAssign) and field.lineno == field.annotation.end_lineno and not _of_class(field):
            yield field.lineno - 1, field.annotation.col_offset, field.annotation.end_col_offset or 0, NO_TYPE


def _name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.id if isinstance(called, ast.Name) else ""


def _of_class(field: ast.AnnAssign) -> bool:
    return "ClassVar" in ast.unparse(field.annotation)


def _without_imports_of_types(source: str, before: set[str]) -> str:
    """Return a module without the imports of names that were used `before`, by types, and are not any more."""
    nodes = list(ast.walk(ast.parse(source)))
    unneeded = before - _names(nodes)
    lines = source.split("\n")
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            kept = [one for one in node.names if (one.asname or one.name).partition(".")[0] not in unneeded]
            if len(kept) < len(node.names):
                last = node.end_lineno or node.lineno
                lines[node.lineno - 1 : last] = [""] * (last - node.lineno + 1)
                if kept:
                    node.names = kept
                    lines[node.lineno - 1] = " " * node.col_offset + ast.unparse(node)
    return "\n".join(lines)


def _names(nodes: Sequence[ast.AST]) -> set[str]:
    """Return all names that a module uses, also those in types that are written as texts."""
    found = {node.id for node in nodes if isinstance(node, ast.Name)}
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return found.union(*(WORD.findall(text) for text in texts))


def _barely_indented(source: str, tokens: Iterable[tokenize.TokenInfo]) -> str:
    """Return a module with one space a level; what stands in a text of several lines stays as it is."""
    lines = source.split("\n")
    within: set[int] = set()
    for token in tokens:
        if token.type in TEXTS:
            within.update(range(token.start[0], token.end[0]))
    for number, line in enumerate(lines):
        if number not in within:
            own = line.lstrip(" ")
            lines[number] = " " * ((len(line) - len(own)) // INDENT) + own
    return "\n".join(lines)


def without_docstrings(source: str, nodes: Iterable[ast.AST]) -> str:
    """Return a module with empty lines for its docstrings and for those of its fields.

    `nodes` are all of its syntax tree.

    For a class without any, `dataclass` would make one from its signature, which takes longer than all else it does:
    such a class has a short one.
    """
    lines = source.split("\n")
    for node in nodes:
        body = getattr(node, "body", None)
        parts = body if isinstance(body, list) and len(body) > 1 else []  # what has nothing else keeps its docstring
        for part in parts:
            if isinstance(part, ast.Expr) and isinstance(getattr(part.value, "value", None), str):
                for number in range(part.lineno - 1, part.end_lineno or part.lineno):
                    lines[number] = ""
                if isinstance(node, ast.ClassDef) and part is parts[0] and DATACLASS in map(_name, node.decorator_list):
                    lines[part.lineno - 1] = f'{" " * part.col_offset}"{SHORT}"'
    return "\n".join(lines)
