"""Tools that are absent, slow or failing; and that no shell ever reads an argument."""

import sys
from pathlib import Path

import pytest

from kindmesh.cli import BAD_INPUT, FINDING, complain
from kindmesh.errors import BadInput, CommandFailed, KindMeshError, StepFailed
from kindmesh.tools.command import attempt, run

SAY = "import sys; sys.stdout.write(sys.argv[1]); sys.stderr.write('so'); sys.exit(int(sys.argv[2]))"


@pytest.mark.parametrize("text", ["plain", "$(id)", "; rm -rf /", "`id` && id", "two words"])
def test_an_argument_reaches_the_tool_as_it_is(text: str) -> None:
    assert run(sys.executable, "-c", SAY, text, "0") == text


def test_a_tool_that_is_absent_is_named() -> None:
    found = attempt("kubectl-of-nobody", "get", "pods")
    assert (found.code, found.text) == (127, "kubectl-of-nobody is not installed")


def test_a_tool_that_does_not_answer_is_given_up() -> None:
    found = attempt(sys.executable, "-c", "import signal; signal.pause()", timeout=0.2)
    assert (found.code, found.text) == (124, "no answer within 0 s")


def test_a_tool_reads_what_it_is_given_and_runs_where_it_is_told(tmp_path: Path) -> None:
    program = "import os, sys; print(sys.stdin.read(), os.getcwd(), end='')"
    assert run(sys.executable, "-c", program, stdin="hello", folder=tmp_path) == f"hello {tmp_path.resolve()}"


def test_a_failure_keeps_what_was_run_and_both_streams() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(sys.executable, "-c", SAY, "not", "3")
    assert caught.value.command[-2:] == ("not", "3")
    assert caught.value.output == "not\nso"


def test_a_long_command_is_shortened_where_it_is_named() -> None:
    error = CommandFailed(("kubectl", "--context", "c", "-n", "n", "get", "pods", "-o", "json"), "")
    assert str(error) == "`kubectl --context c -n n get …` failed"


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (BadInput("PORT: 0 is none", "take 1"), BAD_INPUT, ["error: PORT: 0 is none", "hint: take 1"]),
        (BadInput("PORT: 0 is none"), BAD_INPUT, ["error: PORT: 0 is none"]),
        (CommandFailed(("helm", "ls"), "no\nanswer"), FINDING, ["error: `helm ls` failed", "  | no", "  | answer"]),
        (
            StepFailed("image", "the image", "none", "build it"),
            FINDING,
            ["error: step image failed: expected the image", "  | none", "hint: build it"],
        ),
    ],
)
def test_an_error_is_told_with_what_the_cluster_said_and_what_to_do(
    error: KindMeshError, code: int, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert complain(error) == code
    printed = capsys.readouterr()
    assert (printed.out, printed.err.splitlines()) == ("", lines)
