"""Gateway API's definitions: applied where they are the pinned ones and nobody else has brought others."""

import hashlib
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from kindmesh.errors import BadInput, StepFailed
from kindmesh.steps.gatewayapi import VERSION, gateway_api

from ..standins import items, site, tools

GIVEN = "kind: CustomResourceDefinition\n"
PLAIN = site(KINDMESH_CONTEXT="some")
PIN = replace(PLAIN.pins["gateway-api"], digest=f"sha256:{hashlib.sha256(GIVEN.encode()).hexdigest()}")
SITE = replace(PLAIN, pins={"gateway-api": PIN})


def there(version: str, manager: str) -> str:
    """Return a definition as somebody has brought it."""
    annotations = {VERSION: version} if version else {}
    return items({"metadata": {"annotations": annotations, "managedFields": [{"manager": manager}]}})


@pytest.mark.parametrize("pinned", [GIVEN, "kind: Another\n"])
def test_definitions_are_applied_where_they_are_the_pinned_ones(
    pinned: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = replace(PIN, digest=f"sha256:{hashlib.sha256(pinned.encode()).hexdigest()}")
    called = tools(tmp_path, monkeypatch, {"curl": GIVEN, " apply ": items(), "": ""})
    expected = nullcontext() if pinned == GIVEN else pytest.raises(StepFailed, match="a file of the pinned digest")
    with expected:
        gateway_api(replace(PLAIN, pins={"gateway-api": pin}))
    assert any(" apply " in call for call in called.calls) is (pinned == GIVEN)


@pytest.mark.parametrize(
    ("version", "manager", "applied", "refused"),
    [
        ("v1.2.0", "kindmesh", True, ""),
        (PIN.version, "kindmesh", True, ""),
        (PIN.version, "helm", False, ""),
        ("v1.2.0", "helm", False, f"Gateway API v1.2.0 is installed, .* which needs {PIN.version}"),
        ("", "helm", False, "Gateway API of no version is installed"),
    ],
)
def test_another_ones_stay_as_they_are_and_must_be_of_the_same_version(
    *, version: str, manager: str, applied: bool, refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"get customresourcedefinitions": there(version, manager), "curl": GIVEN, " apply ": items(), "": ""}
    called = tools(tmp_path, monkeypatch, answers)
    with pytest.raises(BadInput, match=refused) if refused else nullcontext():
        gateway_api(SITE)
    assert any(" apply " in call for call in called.calls) is applied


def test_a_folder_of_definitions_says_itself_which_version_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = f"metadata: {{annotations: {{{VERSION}: v9}}}}\n"
    (tmp_path / "gateway.networking.k8s.io_gateways.yaml").write_text(definition)
    answers = {"get customresourcedefinitions": (there("v9", "helm"), items(), items()), " apply ": items(), "": ""}
    called = tools(tmp_path, monkeypatch, answers)
    gateway_api(site(KINDMESH_CONTEXT="some", KINDMESH_CRDS=str(tmp_path)))
    assert called.given(" apply ") == definition
