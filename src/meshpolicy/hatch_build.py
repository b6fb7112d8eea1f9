"""What is done while the wheel is built: internal docstrings are left out, which are a fifth of it.

They are for whoever changes the code. The lines stay as many as they were, so that a traceback names the right ones.
"""

import ast
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHOWN = ("__init__.py", "__main__.py", "api/", "cli/")
"""Files whose docstrings are help texts, or the library's."""
SHORT = "Internal."
OWN = "meshpolicy."


class Hook(BuildHookInterface[Any]):
    """Puts modules without docstrings in the place of the internal ones."""

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
                shorter.write_text(without_docstrings(Path(file.path).read_text()))
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
