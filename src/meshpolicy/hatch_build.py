"""What is done while the wheel is built: what internal modules say to whoever changes them is left out, a fifth of it.

These are docstrings, comments, and the types of functions. The lines stay as many as they were, so that a traceback
names the right ones; the types of fields stay, and all that the library shows.
"""

import ast
import io
import shutil
import tempfile
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHOWN = ("__init__.py", "__main__.py", "api/", "cli/")
"""Files whose docstrings are help texts, or the library's."""
SHORT = "Internal."
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
                shorter.write_text(shortened(Path(file.path).read_text()))
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


Span = tuple[int, int, int]
"""A line, counted from 0, and the bytes of it from the first to before the last."""


def shortened(source: str) -> str:
    """Return a module that does the same on the same lines, without what nothing needs that runs."""
    lines = [line.encode() for line in without_docstrings(source).split("\n")]
    kept = "\n".join(line.decode() for line in lines)
    for line, first, last in sorted({*_comments(kept), *_types(kept)}, reverse=True):
        lines[line] = (lines[line][:first] + lines[line][last:]).rstrip()
    return "\n".join(line.decode() for line in lines)


def _comments(source: str) -> Iterator[Span]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            before = token.line[: token.start[1]].encode()
            yield token.start[0] - 1, len(before.rstrip()) if before.strip() else 0, len(token.line.encode())


def _types(source: str) -> Iterator[Span]:
    """Yield the types of what functions take and return, and of variables within them."""
    lines = [line.encode() for line in source.split("\n")]
    functions = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.FunctionDef)]
    for function in functions:
        given = function.args
        taken = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        found = [(one.annotation, b":") for one in taken if one is not None]
        found.append((function.returns, b"->"))
        variables = (one for part in function.body for one in ast.walk(part) if isinstance(one, ast.AnnAssign))
        # The type of what a class has, even one within a function, makes its fields.
        if not any(isinstance(one, ast.ClassDef) for part in function.body for one in ast.walk(part)):
            found += [(one.annotation, b":") for one in variables if one.value is not None and one.simple]
        for type_, sign in found:
            if type_ is not None and type_.lineno == type_.end_lineno:
                line = lines[type_.lineno - 1]
                first = line.rindex(sign, 0, type_.col_offset)
                yield type_.lineno - 1, len(line[:first].rstrip()), type_.end_col_offset or len(line)


def without_docstrings(source: str) -> str:
    """Return a module with empty lines for its docstrings and for those of its fields; a class has a short one.

    Of a class without any, `dataclass` would make one from its signature, which takes longer than all else it does.
    """
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        parts = body if isinstance(body, list) and len(body) > 1 else []  # what has nothing else keeps its docstring
        for part in parts:
            if isinstance(part, ast.Expr) and isinstance(getattr(part.value, "value", None), str):
                for number in range(part.lineno - 1, part.end_lineno or part.lineno):
                    lines[number] = ""
                if isinstance(node, ast.ClassDef) and part is parts[0]:
                    lines[part.lineno - 1] = f'{" " * part.col_offset}"{SHORT}"'
    return "\n".join(lines)
