"""Tools that go on: what is said of one that is not there, is silent, or does not end."""

import sys

import pytest

from kindmesh.errors import CommandFailed
from kindmesh.tools.process import first_line, rest_of_output, start


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


def test_a_tool_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandFailed) as caught:
        start(("kubectl-of-nowhere", "logs"))
    assert caught.value.output == "kubectl-of-nowhere is not installed"


def test_a_tool_that_works_is_read_from_its_first_word_to_its_last() -> None:
    command = python("print('started', flush=True); print('got', input())")
    with start(command, given=True) as process:
        assert first_line(process, command) == "started\n"
        assert rest_of_output(process, command, "stop\n", within=20) == "got stop\n"


def test_a_tool_that_ends_without_a_word_is_read_as_that() -> None:
    command = python("")
    with start(command) as process:
        assert first_line(process, command) == ""


@pytest.mark.parametrize(("errors", "line"), [(True, "no such pod\n"), (False, "")])
def test_what_a_tool_complains_of_is_read_where_it_is_wanted(errors: bool, line: str) -> None:
    command = python("import sys; sys.stderr.write('no such pod\\n')")
    with start(command, errors=errors) as process:
        assert first_line(process, command) == line


def test_a_silent_tool_is_ended_and_told() -> None:
    command = python("input()")
    with start(command, given=True) as process, pytest.raises(CommandFailed) as caught:
        first_line(process, command, within=0.1)
    assert caught.value.output == "it printed nothing within 0 s"
    assert process.returncode < 0


def test_a_tool_that_does_not_end_is_told() -> None:
    command = python("import threading; threading.Event().wait()")
    with start(command, given=True) as process:
        with pytest.raises(CommandFailed) as caught:
            rest_of_output(process, command, "stop\n", within=0.1)
        process.kill()
    assert caught.value.output == "it did not end within 0 s"
