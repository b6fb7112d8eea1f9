"""Workflow commands of GitHub: whatever a text holds, one line that says it again when it is read."""

import re

from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.core.errors import Place
from meshpolicy.findings.finding import Severity
from meshpolicy.render.github import annotation
from meshpolicy.render.visible import visible

COMMAND = re.compile(r"::(?P<level>error|warning|notice) (?P<properties>.*?)::(?P<data>.*)")


def understood(command: str) -> tuple[dict[str, str], str]:
    """Read a command as GitHub's runner does: it splits at `::` and `,`, then takes the escapes back."""
    found = COMMAND.fullmatch(command)
    assert found is not None, command
    properties = dict(one.split("=", 1) for one in found["properties"].split(","))
    return {name: unescaped(text) for name, text in properties.items()}, unescaped(found["data"])


def unescaped(text: str) -> str:
    for code, letter in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code, letter)
    return text


@given(st.sampled_from(list(Severity)), st.text(), st.text(), st.text(min_size=1), st.integers(0, 9999))
def test_a_text_comes_back_as_it_was(severity: Severity, title: str, message: str, file: str, line: int) -> None:
    command = annotation(severity, title, message, Place(file, 1, line=line))
    assert len(command.splitlines()) == 1
    properties, data = understood(command)
    assert data == visible(message)
    assert properties["title"] == visible(title)
    assert properties.get("file", "-") == visible(file)
    assert properties.get("line", "0") == (str(line) if file != "-" else "0")
