"""What the library says of deny, and the policies that it makes: the same as the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from meshpolicy import InvalidInput, InvalidQuestion, Readiness, Standing, least_policies, prove, read, under_deny

from ..command import run

DEMO = Path("docs/demo")
BOOKS = Path("tests/meshpolicy/generate/sets/books")
CALLS = str(BOOKS / "traffic.log")


def told(*words: str | Path) -> Any:
    """Return what the command line prints as JSON."""
    return json.loads(run(*words, "--output", "json")[1])


@pytest.mark.parametrize("name", ["open", "deny"])
def test_the_needs_are_those_of_the_command_line(name: str) -> None:
    answer, shown = under_deny(read(DEMO / name)), told("ready", DEMO / name)
    assert str(answer.readiness) == shown["readiness"]
    assert [
        (one.client, one.server, one.port, one.request, str(one.standing), one.outcome or None) for one in answer.needs
    ] == [
        (one["client"], one["server"], one["port"], one["request"], one["standing"], one["outcome"] or None)
        for one in shown["needs"]
    ]


def test_what_is_refused_comes_with_the_objects_that_allow_it() -> None:
    answer = under_deny(read(DEMO / "open"))
    [missing] = [one for one in answer.needs if one.standing is Standing.MISSING]
    assert (answer.readiness, answer.ready, missing.outcome) == (Readiness.NOT_READY, False, "403")
    assert [one["kind"] for one in answer.manifests] == ["Server", "AuthorizationPolicy"]
    assert "missing: shop/web -> shop/orders:8080  GET /ping" in str(answer)


def test_observed_calls_are_needs_too() -> None:
    answer = under_deny(read(BOOKS / "manifests.yaml"), traffic=[CALLS])
    assert any(CALLS in str(one.place) for one in answer.needs)


def test_an_answer_about_deny_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match=r"ask its \.ready"):
        bool(under_deny(read(DEMO / "deny")))
    with pytest.raises(TypeError, match=r"ask their \.proved"):
        bool(least_policies(read(BOOKS / "manifests.yaml"), [CALLS]))


def test_the_policies_are_those_of_the_command_line() -> None:
    made = least_policies(read(BOOKS / "manifests.yaml"), [CALLS], network_policies=True)
    shown = told("generate", BOOKS / "manifests.yaml", "--traffic", CALLS, "--network-policies")
    assert list(made.manifests) == shown["manifests"]
    assert [one.sentence for one in made.granted] == [one["sentence"] for one in shown["grants"]]
    assert [(one.client, one.request, one.why) for one in made.not_granted] == [
        (one["client"], one["request"], one["why"]) for one in shown["not_granted"]
    ]
    assert (made.proved, made.settled, list(made.closed)) == (True, shown["settled"], shown["closed"])


def test_what_is_granted_is_proved_with_the_new_objects(tmp_path: Path) -> None:
    made = least_policies(read(BOOKS / "manifests.yaml"), [CALLS])
    (tmp_path / "made.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(made.manifests)}))
    after = read(BOOKS / "manifests.yaml", tmp_path / "made.json")
    assert all(prove(after, one.sentence).proved for one in made.granted)


def test_of_nothing_nothing_is_proved(tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    made = least_policies(read(tmp_path), [CALLS])
    assert (made.manifests, made.proved, made.settled) == ((), False, False)


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"forbid": ["/misspelt"]}, InvalidQuestion, "nothing that was observed or declared is meant"),
        ({"scrapers": ["prometheus"]}, InvalidQuestion, "NAMESPACE/ACCOUNT is expected"),
        ({"min_count": 0}, InvalidQuestion, "at least 1 is expected"),
        ({"traffic": ["nothing.log"]}, InvalidInput, "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_an_error(asked: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error) as raised:
        least_policies(read(BOOKS / "manifests.yaml"), asked.pop("traffic", [CALLS]), **asked)
    assert says in str(raised.value)


def test_a_network_of_nodes_that_is_none_is_an_error() -> None:
    with pytest.raises(InvalidQuestion, match="a network such as"):
        under_deny(read(DEMO / "deny"), nodes=["here"])
