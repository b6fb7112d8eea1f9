"""`review`: what a reviewer must know of a change, whatever the manifests say and however much there is."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from meshpolicy.api.review import Review
from meshpolicy.core.errors import Place, Problem
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.render.review import BLOCK_LIMIT, COMMENT_LIMIT, MARK, SPAN_LIMIT, block, code, review_as_comment
from meshpolicy.render.visible import visible

from ...onpath import real_tools
from ..build import ARENA, Manifest, account, allow, server
from ..command import run, written

PINGER, ROGUE = account("pinger"), account("rogue")


def states(folder: Path, old: tuple[Manifest, ...], new: tuple[Manifest, ...]) -> tuple[Path, Path]:
    return written(folder, "old.yaml", *ARENA, *old), written(folder, "new.yaml", *ARENA, *new)


def test_what_opens_comes_first_with_a_command_that_shows_it(tmp_path: Path) -> None:
    old, new = states(tmp_path, (server(), allow(PINGER, name="a")), (server(), allow(ROGUE, name="b")))
    comment = tmp_path / "comment.md"
    assert run("review", old, new, "--comment", comment)[0] == 1
    text = comment.read_text()
    assert text.startswith(f"{MARK}\n## Who may call whom: 1 opened, 1 closed\n")
    assert text.index("### Opens") < text.index("`arena/rogue` → ") < text.index("curl ") < text.index("### Closes")
    assert f"granted by `AuthorizationPolicy arena/b` (`{new}:" in text


def test_no_change_is_said_and_ends_with_0(tmp_path: Path) -> None:
    old, _ = states(tmp_path, (server(),), ())
    code_, out, _ = run("review", old, old, "--output", "md")
    assert (code_, out.splitlines()[0]) == (0, "## Who may call whom: no request changes")


@pytest.mark.parametrize(
    ("old", "new", "exits"),
    [
        ((), (allow(ROGUE),), {"opened": 1, "closed": 0, "unknown": 0, "findings": 0}),
        ((allow(ROGUE),), (), {"opened": 0, "closed": 1, "unknown": 0, "findings": 1}),
    ],
)
def test_it_fails_for_what_it_is_asked_to_fail_for(
    old: tuple[Manifest, ...], new: tuple[Manifest, ...], exits: dict[str, int], tmp_path: Path
) -> None:
    before, after = states(tmp_path, (server(), *old), (server(), *new))
    assert {word: run("review", before, after, "--fail-on", word)[0] for word in exits} == exits
    assert run("review", before, after, "--fail-on", "never")[0] == 0


def test_a_finding_that_was_there_before_is_not_brought(tmp_path: Path) -> None:
    twice: Manifest = server() | {"metadata": {"name": "ponger-too", "namespace": "arena"}}
    old, new = states(tmp_path, (server(),), (server(), twice))
    sarif, counts = tmp_path / "lint.sarif", tmp_path / "counts"
    code_, out, _ = run("review", old, new, "--fail-on", "findings", "--sarif", sarif, "--counts", counts)
    brought = out.splitlines()[-1]
    results = json.loads(sarif.read_text())["runs"][0]["results"]
    assert code_ == 1
    assert "error" in brought
    assert results
    assert run("review", new, new, "--fail-on", "findings")[0] == 0
    assert "no new findings" in run("review", new, new)[1]
    again = tmp_path / "again.sarif"
    run("review", new, new, "--sarif", again)
    assert len(json.loads(again.read_text())["runs"][0]["results"]) == len(results)


BROKEN = "apiVersion: v1\nkind: Pod\nmetadata: [\n"


def test_a_state_before_that_cannot_be_read_leaves_the_change_unknown(tmp_path: Path) -> None:
    old, new = states(tmp_path, (), (server(),))
    old.write_text(BROKEN)
    counts = tmp_path / "counts"
    code_, out, told = run("review", old, new, "--output", "md", "--counts", counts)
    assert code_ == 1
    assert out.startswith("## Who may call whom: not known\n")
    assert "no request changes" not in out
    assert str(old) in told
    assert "compared=0" in counts.read_text().split()
    assert run("review", old, new, "--fail-on", "opened")[0] == 0


def test_a_state_after_that_cannot_be_read_is_bad_input_and_closes_no_alert(tmp_path: Path) -> None:
    old, new = states(tmp_path, (server(),), ())
    new.write_text(BROKEN)
    sarif, comment = tmp_path / "lint.sarif", tmp_path / "comment.md"
    code_, out, _ = run("review", old, new, "--output", "github", "--sarif", sarif, "--comment", comment)
    assert code_ == 2
    assert out.startswith(f"::error file={new},line=")
    assert not sarif.exists()
    assert "not known" in comment.read_text()


@pytest.mark.parametrize("source", ["nothing", "no/such/path"])
def test_a_state_that_is_none_is_a_usage_error(source: str, tmp_path: Path) -> None:
    old, _ = states(tmp_path, (), ())
    with real_tools("git"):
        assert run("review", old, source)[0] == 2


HOSTILE = st.text(st.sampled_from("`~|*_<>[]()#!@:\\\n\t -ab\x1b\u202e\udcff")) | st.text()


@given(HOSTILE)
@example("`")
@example(" ")
@example("")
@example("</details><img src=x>@everyone")
@settings(max_examples=150)
def test_whatever_a_manifest_says_is_one_code_span(text: str) -> None:
    """Judged by a reader of CommonMark: one span, between the words around it, on one line."""
    tokens = MarkdownIt().parse(f"- before {code(text)} after")
    [inline] = [token for token in tokens if token.type == "inline"]
    kinds = [token.type for token in inline.children or ()]
    assert kinds == ["text", "code_inline", "text"]
    shown = (inline.children or [])[1].content
    whole = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    if whole.strip(" ") and len(whole) <= SPAN_LIMIT:
        assert shown == whole


@given(HOSTILE)
@settings(max_examples=150)
def test_whatever_a_command_holds_is_one_code_block(text: str) -> None:
    tokens = MarkdownIt().parse(f"- before\n\n{block(f'curl {text}')}\n\nafter")
    fences = [token.content for token in tokens if token.type == "fence"]
    if len(text) + 5 <= BLOCK_LIMIT:
        assert fences == [visible(f"curl {text}") + "\n"]


def test_where_there_is_nobody_no_change_is_no_answer(tmp_path: Path) -> None:
    """Policies alone: the manifests of the workloads were forgotten."""
    old, new = written(tmp_path, "old.yaml", server()), written(tmp_path, "new.yaml", server(), allow(ROGUE))
    code_, out, _ = run("review", old, new, "--output", "md")
    assert code_ == 1
    assert "no workload was read" in out
    assert "no request changes" not in out


def test_a_comment_is_never_longer_than_a_forge_takes_and_says_when_it_was_cut() -> None:
    many = tuple(Problem(Place(f"{n}.yaml", line=1), "x" * 5000) for n in range(1000))
    text = review_as_comment(Review(Cluster(MeshSettings()), wrong_after=many), "main", ".")
    assert len(text) <= COMMENT_LIMIT
    assert text.rstrip().endswith("`meshpolicy review` prints all of it.")
    assert "0.yaml:1" in text
