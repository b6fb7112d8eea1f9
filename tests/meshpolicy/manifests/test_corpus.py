"""No folder in the shape of a repository ends without an answer, and none with a wrong one."""

import csv
import io
import random
import shlex
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ...onpath import only, really
from ..command import run
from .corpus import CERTAIN, GOOD, SHAPES, UNKNOWN, Shape, laid_out

REMEMBERS = """#!/bin/sh
said="$0.$(/usr/bin/cksum <"$2/kustomization.yaml")"
if [ ! -e "$said" ]; then
    found=$({kubectl} "$@") || exit
    printf '%s\\n' "$found" >"$said"
fi
exec /bin/cat "$said"
"""
"""The real kubectl, asked once for each kustomization that is written for it: a test asks again and again about a tree
that does not change."""
QUESTIONS = (
    ("lint",),
    ("list",),
    ("list", "--denied"),
    ("check", "shop/cart", "shop/web:8080/"),
    ("prove", "only shop/cart may any request on shop/web:8080"),
    ("blast", "shop/cart"),
    ("ready",),
)
RUNS = (
    " a Helm chart",
    "a template without",
    "not rendered:",
    "Namespace shop is given",
    "Deployment shop/web is given",
)
"""What is told of things that may hold, or change, a workload."""


def said_of_web(*arguments: str) -> tuple[int, str, str]:
    """Return exit code, what is said of the port of web, and what is told besides."""
    code, out, err = run("list", "--output", "csv", *arguments)
    rows = [row for row in csv.reader(io.StringIO(out)) if row and row[0] == "shop/web" and row[1] in ("8080", "9090")]
    return code, "; ".join(",".join(row) for row in rows), err


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_repository_is_answered(shape: Shape, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, tools = tmp_path / "tree", tmp_path / "tools"
    tree.mkdir()
    tools.mkdir()
    if shape.tool:
        kubectl = tools / "kubectl"
        kubectl.write_text(REMEMBERS.format(kubectl=shlex.quote(str(really("kubectl")))))
        kubectl.chmod(0o700)
        only(monkeypatch, tools)
    with chdir(laid_out(tree, shape.files)):
        code, said, told = said_of_web(shape.source, *shape.options)
        assert code == 0, told
        assert shape.says in said, (said, told)
        assert all(note in told for note in shape.notes), told
        assert len(set(told.splitlines())) == len(told.splitlines())
        for question in QUESTIONS:
            code, out, told = run(*question, shape.source, *shape.options)
            assert code in (0, 1), (question, out, told)
            if shape.says is UNKNOWN and question[0] in ("check", "prove"):
                assert "UNKNOWN" in out, (question, out)
            if question == ("ready",) and any(word in told for word in RUNS):
                assert (code, out.startswith("READY")) == (1, False), (out, told)


MEANT = ("1", "2", "apps/", "dev/", "prod/", "release/", "src/", "base/", "a/", "b/", "all.yaml", "p.yaml")
FOREIGN = {
    name: text
    for shape in SHAPES
    if not shape.tool
    for name, text in shape.files.items()
    if name not in GOOD and not name.startswith(MEANT)
}
"""Every file of the shapes that is not meant to be read with the good ones."""


@settings(max_examples=25)
@given(st.sets(st.sampled_from(sorted(FOREIGN)), max_size=6), st.randoms(use_true_random=False))
def test_foreign_files_change_no_answer_but_to_unknown(names: set[str], chance: random.Random) -> None:
    with TemporaryDirectory() as folder, chdir(laid_out(Path(folder), GOOD)):
        for name in names:
            where = chance.choice(("", "k8s/", "deep/er/"))
            laid_out(Path(folder), {where + name: FOREIGN[name]})
        code, said, told = said_of_web(".")
        assert code == 0, told
        assert said.startswith(CERTAIN) or (UNKNOWN in said and (told or "unknown: " in said))
