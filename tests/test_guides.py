"""The guides for adopters: their Python runs, and their demo is what they say it is."""

import re
from pathlib import Path

import pytest

from .meshpolicy.command import run
from .rendered import ROOT

LIBRARY = (ROOT / "docs/guides/use-it-as-a-library.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", LIBRARY, re.MULTILINE | re.DOTALL)
DEMO = ROOT / "docs/demo"
DENY = "    config.linkerd.io/default-inbound-policy: deny\n"


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_library_run_as_they_stand(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found: dict[str, object] = {"__name__": "example"}
    exec(compile(text, "use-it-as-a-library.md", "exec"), found)  # noqa: S102 # the page's own
    tests = [value for name, value in found.items() if name.startswith("test_")]
    for one in tests:
        assert callable(one)
        one()
    assert tests or "assert" in text


def without_first(file: Path) -> str:
    """Return a file without its first line, which says what it is."""
    return file.read_text().split("\n", 1)[1]


def test_the_shop_with_deny_differs_by_one_annotation_and_the_policies() -> None:
    assert without_first(DEMO / "deny/shop.yaml").replace(DENY, "", 1) == without_first(DEMO / "open/shop.yaml")
    assert DENY in (DEMO / "deny/shop.yaml").read_text()


def test_the_policies_of_the_demo_are_what_generate_makes_of_its_calls(tmp_path: Path) -> None:
    made = tmp_path / "policies"
    assert run("generate", DEMO / "open", "--traffic", DEMO / "calls.json", "-o", made)[0] == 0
    assert {file.name: file.read_text() for file in made.iterdir()} == {
        file.name: file.read_text() for file in (DEMO / "deny/policies").iterdir()
    }


def test_with_the_policies_that_are_generated_deny_can_go_on_and_without_them_it_cannot(tmp_path: Path) -> None:
    made = tmp_path / "policies"
    run("generate", DEMO / "open", "--traffic", DEMO / "calls.json", "-o", made)
    assert run("ready", DEMO / "open")[0] == 1
    code, out, _ = run("ready", DEMO / "open", made)
    assert (code, out.splitlines()[0]) == (0, "READY: deny on shop: 5 needs known")


def test_who_scrapes_the_sidecars_is_let_in_by_the_option_that_the_guide_names(tmp_path: Path) -> None:
    made = tmp_path / "policies"
    words = ("generate", DEMO / "open", "--traffic", DEMO / "calls.json", "-o", made)
    asked = "linkerd-viz/prometheus may GET /metrics on shop/orders:4191"
    run(*words)
    assert run("prove", asked, DEMO / "deny/shop.yaml", made)[0] == 1
    run(*words, "--scraper", "linkerd-viz/prometheus")
    assert run("prove", asked, DEMO / "deny/shop.yaml", made)[0] == 0
