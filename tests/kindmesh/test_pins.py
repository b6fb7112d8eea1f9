"""What is read from the pinned versions, and what is said of a file that is wrong."""

from pathlib import Path

import pytest

from kindmesh.errors import BadInput
from kindmesh.pins import parse, read_pins

PIN = 'name = "a"\nversion = "1"\nsource = "s"\ndate = 2026-11-24\ntier = "run"\n'


@pytest.mark.parametrize(
    ("rest", "reference"),
    [
        ('kind = "image"\nimage = "i/a"\ndigest = "sha256:1"\n', "i/a:1@sha256:1"),
        ('kind = "image"\nimage = "i/a"\n', "i/a:1"),
        ('kind = "chart"\nrepository = "https://r"\n', "https://r/a"),
        ('kind = "crds"\nurl = "https://u"\n', "https://u"),
        ('kind = "tool"\n', "a"),
    ],
)
def test_a_pin_names_what_is_pulled(rest: str, reference: str) -> None:
    assert parse(f"[[pin]]\n{PIN}{rest}")["a"].reference == reference


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'[[pin]]\n{PIN}kind = "wheel"\n', r"pin 1 \(a\)"),
        ('[[pin]]\nname = "b"\nkind = "tool"\ntier = "run"\n', r"pin 1 \(b\)"),
        (f'[[pin]]\n{PIN}kind = "tool"\ncolour = "red"\n', "colour"),
        (f'[[pin]]\n{PIN}kind = "tool"\n[[pin]]\n{PIN}kind = "tool"\n', "twice"),
        ("[[pin]\n", "mesh/versions.toml: .*line 1"),
        ('pin = "kind"\n', "a list of tables is expected"),
        ("pin = [1]\n", "a list of tables is expected"),
        ("", "a list of tables is expected"),
    ],
)
def test_a_pin_that_says_too_little_or_too_much_is_named(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse(text)


def test_a_checkout_without_pins_is_told_which_file_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"mesh/versions.toml: No such file"):
        read_pins(tmp_path)
