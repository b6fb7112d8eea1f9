"""The library in Markdown, told from its source: functions, answers, words and errors, each with its docstring."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from types import FunctionType

import meshpolicy

INTERNAL = "Internal"
"""The start of the docstring of parts that do not belong to the library's interface."""
SECTION = re.compile(r"(Args|Returns|Raises):")
ENTRY = re.compile(r"    (?P<name>\w+): (?P<text>.*)")


def api_page() -> str:
    """Return the whole reference, each name under a heading of its own."""
    exported = [getattr(meshpolicy, name) for name in meshpolicy.__all__ if not name.startswith("__")]
    functions = sorted((one for one in exported if isinstance(one, FunctionType)), key=_order)
    classes = [one for one in exported if isinstance(one, type)]
    parts = {
        "Functions": [_function(one) for one in functions],
        "Values": [_value(one) for one in classes if not issubclass(one, Enum | Exception)],
        "Words": [_words(one) for one in classes if issubclass(one, Enum)],
        "Errors": [_error(one) for one in classes if issubclass(one, Exception)],
    }
    return "\n\n".join(f"## {title}\n\n" + "\n\n".join(texts) for title, texts in parts.items())


def _order(function: FunctionType) -> int:
    """Return the rank of a function, in reading order."""
    order = ("read", "check", "prove", "accesses", "diff", "lint", "under_deny", "least_policies")
    return order.index(function.__name__)


def _function(function: FunctionType) -> str:
    [node] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)  # noqa: S101 # it is the source of one
    arguments = ",\n".join(f"    {text}" for text in _arguments(node.args))
    returned = ast.unparse(node.returns) if node.returns is not None else "None"
    head = f"### {function.__name__}\n\n```python\n{function.__name__}(\n{arguments},\n) -> {returned}\n```\n\n"
    return head + _docstring(function)


def _arguments(arguments: ast.arguments) -> Iterator[str]:
    """Yield the parameters of a function as written in its source."""
    yield from (f"{one.arg}: {ast.unparse(one.annotation)}" for one in arguments.args if one.annotation)
    if arguments.vararg is not None and arguments.vararg.annotation is not None:
        yield f"*{arguments.vararg.arg}: {ast.unparse(arguments.vararg.annotation)}"
    elif arguments.kwonlyargs:
        yield "*"
    for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if one.annotation is not None and default is not None:
            yield f"{one.arg}: {ast.unparse(one.annotation)} = {_quoted(ast.unparse(default))}"


def _quoted(text: str) -> str:
    """Return an expression with the quotes that this project uses."""
    return text.replace("'", '"')


def _docstring(of: object) -> str:
    """Return a docstring in Markdown, with its parameters and errors as lists."""
    lines: list[str] = []
    section = ""
    for line in (inspect.getdoc(of) or "").splitlines():
        if found := SECTION.fullmatch(line):
            section = found[1]
            lines.append(f"**{section}**\n")
        elif section in ("Args", "Raises") and (entry := ENTRY.fullmatch(line)):
            lines.append(f"- `{entry['name']}`: {entry['text']}")
        elif section in ("Args", "Raises") and line:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.strip())
    return "\n".join(lines).strip()


def _value(kind: type) -> str:
    rows = [f"| `{name}` | `{annotation}` | {what} |" for name, annotation, what in _members(kind)]
    return _headed(kind, ("field", "type", "what"), rows)


def _words(kind: type[Enum]) -> str:
    said = {name: what for name, _, what in _members(kind)}
    rows = [f'| `{one.name}` | `"{one.value}"` | {said.get(one.name, "")} |' for one in kind]
    properties = [f"| `{name}` | `{annotation}` | {what} |" for name, annotation, what in _members(kind) if annotation]
    return _headed(kind, ("member", "value", "what"), [*rows, *properties])


def _error(kind: type) -> str:
    [base] = kind.__bases__
    return f"### {kind.__name__}\n\nIts base is `{base.__name__}`. {_docstring(kind)}"


def _headed(kind: type, head: Iterable[str], rows: Iterable[str]) -> str:
    head = tuple(head)
    table = "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *rows])
    return f"### {kind.__name__}\n\n{_docstring(kind)}\n\n{table}"


def _members(kind: type) -> Iterator[tuple[str, str, str]]:
    """Yield name, type and description of the fields, members and properties of a class; members have no type."""
    [node] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(node, ast.ClassDef)  # noqa: S101 # it is the source of one
    for part, after in zip(node.body, [*node.body[1:], None], strict=True):
        name, annotation, what = "", "", _said(after)
        if isinstance(part, ast.AnnAssign):
            name, annotation = ast.unparse(part.target), ast.unparse(part.annotation)
        elif isinstance(part, ast.Assign):
            name = ast.unparse(part.targets[0])
        elif isinstance(part, ast.FunctionDef) and any(ast.unparse(one) == "property" for one in part.decorator_list):
            name, annotation = part.name, ast.unparse(part.returns) if part.returns is not None else ""
            what = _sentence(ast.get_docstring(part) or "").removeprefix("Return ")
        if name and not name.startswith("_") and not what.startswith(INTERNAL):
            yield name, annotation.replace("|", "or"), what


def _said(node: ast.stmt | None) -> str:
    """Return the docstring of a field, which is the text after it."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return _sentence(node.value.value)
    return ""


def _sentence(text: str) -> str:
    """Return a docstring on one line, for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
