"""The library offers what its page says, and what the page shows is so."""

import ast
import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import meshpolicy
from meshpolicy import surface

from ..onpath import real_tools, really
from .command import ROOT

PAGE = ROOT / "docs" / "reference" / "meshpolicy-api.md"
CODE = re.compile(r"^```python\n(?!\w+\(\n)(.*?)^```$", re.DOTALL | re.MULTILINE)
PROMPT = re.compile(r"^```pycon\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FOLDERS = ("k8s", "mesh")


def commit(folder: Path) -> None:
    """Make a repository of a folder, with all in one commit."""
    git = [str(really("git")), "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "one"]):
        subprocess.run([*git, *words], cwd=folder, check=True, env=clean)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a repository that holds the project's manifests, committed as they are."""
    folder = tmp_path_factory.mktemp("project")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name)
    commit(folder)
    with pytest.MonkeyPatch.context() as patch, real_tools("git"):
        patch.chdir(folder)
        yield folder


def examples() -> Iterator[Any]:
    """Yield the tests that the page shows, each with its name."""
    [code] = CODE.findall(PAGE.read_text())
    names = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    assert len(names) > 3
    yield from (pytest.param(code, name, id=name) for name in names)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("code", "name"), list(examples()))
def test_the_tests_that_the_page_shows_pass(code: str, name: str) -> None:
    known: dict[str, Any] = {}
    exec(compile(code, PAGE.name, "exec"), known)  # noqa: S102 # our own page
    known[name]()


@pytest.mark.usefixtures("project")
def test_the_prompt_that_the_page_shows_answers_so() -> None:
    [text] = PROMPT.findall(PAGE.read_text())
    shown = doctest.DocTestParser().get_doctest(text, {}, PAGE.name, str(PAGE), 0)
    said: list[str] = []
    assert doctest.DocTestRunner().run(shown, out=said.append).failed == 0, "".join(said)


def test_the_page_tells_all_of_the_library_and_nothing_else() -> None:
    told = PAGE.read_text().partition("<!-- from: python -m meshpolicy.reference library -->\n")[2]
    assert told == f"{surface.api_page()}\n<!-- end -->\n"
    headings = re.findall(r"^### (\w+)$", told, re.MULTILINE)
    assert sorted(headings) == sorted(name for name in meshpolicy.__all__ if not name.startswith("__"))


def test_names_for_type_checkers_are_those_that_are_found_at_run_time() -> None:
    tree = ast.parse((ROOT / "src/meshpolicy/__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    typed = {(node.module, name.name) for node in block.body if isinstance(node, ast.ImportFrom) for name in node.names}
    found = {(f"meshpolicy.{module}", name) for name, module in meshpolicy._MODULES.items()}  # noqa: SLF001
    assert typed == found
    assert {name for _, name in found} | {"__version__"} == set(meshpolicy.__all__)
    for module, name in found:
        assert getattr(meshpolicy, name) is getattr(sys.modules[str(module)], name)


def test_every_public_part_has_a_docstring_with_its_errors() -> None:
    for name in meshpolicy.__all__:
        part = getattr(meshpolicy, name)
        assert name == "__version__" or part.__doc__
        if name in ("read", "check", "accesses", "diff", "prove", "lint"):
            assert [word for word in ("Args:", "Returns:", "Raises:") if word not in part.__doc__] == []


def test_import_meshpolicy_alone_imports_nothing_else_of_it_nor_what_it_needs() -> None:
    """So it costs next to nothing: what a question needs is imported when it is asked."""
    script = "import sys; import meshpolicy; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {name for name in loaded if name.partition(".")[0] in ("meshpolicy", "yaml", "click")} == {"meshpolicy"}
