"""No name gives a command to a runner of GitHub Actions, which reads stdout and stderr."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.cli.echo import echo
from meshpolicy.core.errors import Place, Problem

from ..command import run

PIECES = st.sampled_from(
    ("\n", "\r", "\x85", "\u2028", "\x1c", " ", "\t", "::", ":", "##[", "#", "stop-commands", "::error", "a")
)
NAMES = st.lists(PIECES, max_size=8).map("".join)


def is_command(line: str) -> bool:
    """Whether a runner may take a line for a command."""
    return line.lstrip().startswith("::") or "##[" in line


@given(NAMES, NAMES, NAMES)
def test_a_place_and_a_problem_are_one_line(file: str, field: str, message: str) -> None:
    for text in (str(Place(f"x{file}", 1, field)), str(Problem(Place(f"x{file}"), f"{message}x"))):
        assert len(text.splitlines()) == 1


@given(NAMES)
def test_no_line_of_stderr_is_a_command(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setattr("click.echo", lambda text, **_: printed.append(text))
        echo(name, err=True)
        echo(name)
    assert not any(map(is_command, printed[0].split("\n")))
    assert not any(is_command(line) and not line.startswith("::error ") for line in printed[1].split("\n"))


def test_our_own_annotations_stay(capsys: pytest.CaptureFixture[str]) -> None:
    echo("::error file=a,line=1,title=b::c\n::notice title=b::c\n  ::warning title=b::c")
    assert capsys.readouterr().out.splitlines() == [
        "::error file=a,line=1,title=b::c",
        "::notice title=b::c",
        "  ::warning title=b::c",
    ]


def test_the_name_of_a_file_begins_no_line(tmp_path: Path) -> None:
    (tmp_path / "a\n::stop-commands::xyz\n.yaml").write_text("kind: [\n")
    for arguments in (("lint",), ("lint", "--output", "github"), ("list",)):
        _, out, err = run(*arguments, tmp_path)
        assert not any(map(is_command, (out + err).splitlines()))
        assert "stop-commands" in out + err


def test_a_source_of_the_settings_begins_no_line(tmp_path: Path) -> None:
    file = tmp_path / "meshpolicy.yaml"
    file.write_text('sources: ["a\\n::add-mask::e"]\n')
    _, out, err = run("run", file)
    assert not any(map(is_command, (out + err).splitlines()))
    assert "add-mask" in out + err
