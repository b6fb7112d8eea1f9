"""The broken deployments of `docs/broken` are broken as they say, and their fixes mend them."""

import re
import shlex
from enum import Enum
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from meshpolicy.cli import main

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "broken"
CODE = re.compile(r"^\S+: (MP\d{3}) ", re.MULTILINE)
COMMAND = re.compile(r"^\$ meshpolicy (.*)$", re.MULTILINE)


class Harm(Enum):
    """What a mistake does to calls of `api`."""

    CLOSED = "refuses `web`"
    OPEN = "admits others"
    OTHER = "neither"


EXPECTED = {
    "01-wrong-account": (Harm.CLOSED, {"MP036"}),
    "02-wrong-port-name": (Harm.CLOSED, {"MP031"}),
    "03-route-without-probes": (Harm.OTHER, {"MP004"}),
    "04-network-policy-without-4143": (Harm.CLOSED, {"MP040", "MP041", "MP047"}),
    "05-no-dns": (Harm.OTHER, {"MP042"}),
    "06-no-control-plane": (Harm.OTHER, {"MP043"}),
    "07-skipped-port": (Harm.OPEN, {"MP026"}),
    "08-opaque-port-with-route": (Harm.CLOSED, {"MP016"}),
    "09-inject-as-label": (Harm.OPEN, {"MP060", "MP061"}),
    "10-two-servers": (Harm.CLOSED, {"MP001", "MP015", "MP030"}),
    "11-wildcard-identity": (Harm.OPEN, {"MP067"}),
    "12-unknown-kind": (Harm.CLOSED, "did you mean AuthorizationPolicy?"),
    "13-no-authorization": (Harm.OPEN, {"MP035"}),
    "14-calls-itself": (Harm.OTHER, {"MP069"}),
    "15-port-not-in-the-service": (Harm.OTHER, {"MP068"}),
    "16-ingress-only": (Harm.CLOSED, {"MP041", "MP047"}),
    "17-blocked-scrapes": (Harm.OTHER, {"MP041", "MP046"}),
    "18-unknown-helm-value": (Harm.OPEN, "did you mean proxy.defaultInboundPolicy?"),
    "19-egress-closes-ingress": (Harm.CLOSED, {"MP041", "MP044", "MP046", "MP047"}),
    "20-wrong-target-port": (Harm.OTHER, {"MP050"}),
    "21-wrong-trust-domain": (Harm.CLOSED, {"MP014"}),
    "22-empty-authentication": (Harm.OPEN, {"MP009"}),
    "23-range-with-4143": (Harm.OTHER, {"MP049"}),
    "24-host-network": (Harm.OPEN, {"MP060"}),
    "25-two-peers-for-one": (Harm.OTHER, {"MP045"}),
}
NAMES_FAIL = {"05-no-dns", "06-no-control-plane"}
"""What a client has resolved goes on working and nothing new does, so that it is not known what becomes of a call."""
UNRELATED = {"MP006"}
"""Notes that hold of the sound deployment, too."""
VALUES_ALONE = "18-unknown-helm-value"
"""Its fix is a default that refuses: whom to admit is 13's matter."""


def ask(words: list[str]) -> Result:
    return CliRunner(catch_exceptions=False).invoke(main, words)


@cache
def sources(name: str, state: str) -> tuple[str, ...]:
    """Return what the page's `lint` reads, broken or fixed."""
    commands = [shlex.split(found) for found in COMMAND.findall((FOLDER / name / "README.md").read_text())]
    words = next(words for words in commands if words[0] == "lint" and any(f"/{state}.yaml" in word for word in words))
    return tuple(word for word in words[1:] if word != "--notes")


@pytest.fixture
def stranger(tmp_path: Path) -> str:
    """Return a file with one more meshed pod of the namespace, whom nobody should admit."""
    file = tmp_path / "stranger.yaml"
    file.write_text(
        "{apiVersion: v1, kind: Pod, metadata: {name: stranger, namespace: shop},"
        " spec: {containers: [{name: s, image: s}]}}"
    )
    return str(file)


def allowed(name: str, state: str, client: str, *more: str) -> bool:
    """Return whether a client's call of `api` is allowed; bad input allows nothing."""
    return ask(["check", "--no-explain", client, "shop/api/orders", *sources(name, state), *more]).exit_code == 0


def others_allowed(name: str, state: str, stranger: str) -> bool:
    """Return whether somebody is admitted who is not `web`."""
    return allowed(name, state, "unmeshed") or allowed(name, state, "shop/stranger", stranger)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where the pages' commands are typed."""
    monkeypatch.chdir(ROOT)


def test_every_folder_is_expected_and_listed() -> None:
    assert {folder.name for folder in FOLDER.glob("[0-9]*")} == set(EXPECTED)
    rows = {row[1]: row[0] for row in re.findall(r"^(\|.*\]\((\d\d-[\w-]+)/README.md\).*)$", index(), re.MULTILINE)}
    assert set(rows) == set(EXPECTED)
    for name, (harm, codes) in EXPECTED.items():
        assert harm.value in rows[name]
        assert isinstance(codes, str) or all(code in rows[name] for code in codes)


def index() -> str:
    return (FOLDER / "README.md").read_text()


@pytest.mark.parametrize("name", EXPECTED)
def test_each_page_tells_symptom_cause_tools_and_fix(name: str) -> None:
    text = (FOLDER / name / "README.md").read_text()
    parts = ("**Symptom.** ", "**Cause.** ", "## What the tools say", "## Fix")
    assert sorted(text.index(part) for part in parts) == [text.index(part) for part in parts]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_deployment_is_found(name: str) -> None:
    codes = EXPECTED[name][1]
    result = ask(["lint", "--notes", *sources(name, "broken")])
    if isinstance(codes, str):
        assert result.exit_code == 2
        assert codes in result.output
    else:
        assert set(CODE.findall(result.output)) - UNRELATED == codes


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_deployment_does_the_harm_that_is_told(name: str, stranger: str) -> None:
    harm, codes = EXPECTED[name]
    if isinstance(codes, str):
        assert ask(["check", "shop/web", "shop/api/orders", *sources(name, "broken")]).exit_code == 2
        return
    assert others_allowed(name, "broken", stranger) is (harm is Harm.OPEN)
    assert allowed(name, "broken", "shop/web") is (harm is not Harm.CLOSED and name not in NAMES_FAIL)
    if name in NAMES_FAIL:
        answer = ask(["check", "--no-explain", "shop/web", "shop/api/orders", *sources(name, "broken")]).output
        assert answer.startswith("UNKNOWN")


@pytest.mark.parametrize("name", EXPECTED)
def test_a_mended_deployment_has_no_finding_and_admits_web_alone(name: str, stranger: str) -> None:
    assert ask(["lint", *sources(name, "fixed")]).output == "no findings\n"
    assert allowed(name, "fixed", "shop/web") is (name != VALUES_ALONE)
    assert not others_allowed(name, "fixed", stranger)
