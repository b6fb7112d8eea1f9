"""The site has every page, in the order in which people ask, and loads nothing from elsewhere."""

import re
import tomllib
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
SHOWN = ("*.md", "guides/**/*.md", "concepts/*.md", "reference/*.md", "decisions/README.md", "broken/README.md")
"""Pages that have a place of their own; the others are reached from these."""
DRAWINGS = sorted((DOCS / "drawings").glob("*.svg"))


def site() -> Any:
    """Return docs/site.py, which lies in no package."""
    spec = spec_from_file_location("site_builder", DOCS / "site.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries(nav: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield every page of the navigation with its title, in order."""
    for entry in nav:
        for title, value in entry.items():
            if isinstance(value, list):
                yield from entries(value)
            else:
                yield title, value


def test_every_page_has_its_place_once() -> None:
    shown = [page for _, page in entries(CONFIG["nav"])]
    assert len(shown) == len(set(shown))
    assert set(shown) == {str(page.relative_to(DOCS)) for pattern in SHOWN for page in DOCS.glob(pattern)}


def test_the_titles_are_told_apart() -> None:
    titles = [title for title, _ in entries(CONFIG["nav"])]
    assert len(titles) == len(set(titles))


LINK = re.compile(r"\]\(([^)]+)")
REPOSITORY = "https://git.example/team/pingpong/blob/main/"


def leads_out(page: Path, link: str) -> bool:
    """Return whether a page's link leads to a file of the repository that is no page of the documentation."""
    target = (page.parent / link.partition("#")[0]).resolve()
    return not re.match(r"https?:|#", link) and not target.is_relative_to(DOCS)


def test_a_link_out_of_the_documentation_leads_to_the_repository_and_every_other_stays() -> None:
    module = site()
    for page in DOCS.rglob("*.md"):
        after = module.rewritten(page, REPOSITORY)
        for before, now in zip(LINK.findall(page.read_text()), LINK.findall(after), strict=True):
            if leads_out(page, before):
                assert (ROOT / now.removeprefix(REPOSITORY).partition("#")[0]).exists()
            else:
                assert now == before


def test_without_a_repository_to_open_only_the_words_of_such_a_link_stay() -> None:
    module = site()
    for page in DOCS.rglob("*.md"):
        text = page.read_text()
        kept = [link for link in LINK.findall(text) if not leads_out(page, link)]
        assert LINK.findall(module.rewritten(page, None)) == kept


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("https://git.example/team/pingpong.git", REPOSITORY),
        ("https://git.example/team/pingpong", REPOSITORY),
        ("https://somebody:secret@git.example/team/pingpong.git", REPOSITORY),
        ("git@git.example:team/pingpong.git", REPOSITORY),
        ("ssh://git@git.example/team/pingpong.git", REPOSITORY),
        ("ssh://git@git.example:2222/team/pingpong.git", REPOSITORY),
        ("/home/somebody/pingpong", None),
        ("../pingpong", None),
        ("", None),
    ],
)
def test_the_repository_is_where_the_checkout_came_from(origin: str, address: str | None) -> None:
    assert site().browsable(origin) == address


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.stem)
def test_a_drawing_is_readable_in_both_modes_and_by_those_who_do_not_see_it(drawing: Path) -> None:
    text = drawing.read_text()
    assert "<title" in text
    assert "<desc" in text
    assert 'class="page"' in text, "it brings its own background"
    light, dark = text.split("@media (prefers-color-scheme: dark)")
    names = set(re.findall(r"\.(\w+) \{ (?:fill|stroke): #", light))
    assert names == set(re.findall(r"\.(\w+) \{ (?:fill|stroke): #", dark.split("</style>")[0]))
    assert set(re.findall(r'class="(\w+)"', text)) <= names
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_the_site_has_a_light_and_a_dark_mode_and_no_font_from_elsewhere() -> None:
    assert {palette["scheme"] for palette in CONFIG["theme"]["palette"]} == {"default", "slate"}
    assert CONFIG["theme"]["font"] is False
    assert [
        page for page in DOCS.rglob("*.md") if re.search(r"!\[[^]]*\]\(https?:|<script|<img", page.read_text())
    ] == []
