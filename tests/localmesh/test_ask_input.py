"""Requests that could not be sent are refused before anyone is asked."""

import pytest
from click.testing import CliRunner

from localmesh.cli import main


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "GE T"], "method 'GE T': a word such as GET is expected"),
        (["--method", ""], "method '': a word such as GET is expected"),
        (["--header", "x: a\r\nb: c"], "`NAME: VALUE` is expected, in printable ASCII"),
        (["--header", "x: é"], "`NAME: VALUE` is expected, in printable ASCII"),
        (["--header", "no colon"], "`NAME: VALUE` is expected, in printable ASCII"),
    ],
)
def test_a_request_that_is_none_is_bad_input(words: list[str], message: str) -> None:
    done = CliRunner().invoke(main, ["ask", "unmeshed", "ponger/ping", *words])
    assert done.exit_code == 2
    assert message in done.stderr


@pytest.mark.parametrize("target", ["", "ponger/\n", "ponger/a\rb", "pon ger", "pönger", "p\udcff"])
def test_a_target_that_no_request_can_name_is_bad_input(target: str) -> None:
    done = CliRunner().invoke(main, ["ask", "unmeshed", target])
    assert done.exit_code == 2
    assert "NAME[:PORT][/PATH] is expected" in done.stderr
