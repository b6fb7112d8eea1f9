"""Which steps are taken, and what is said about them."""

from pathlib import Path

import pytest

from kindmesh.errors import BadInput
from kindmesh.settings import Settings, read
from kindmesh.steps.image import with_image_note
from kindmesh.steps.step import Site, Step, run_steps, select_steps
from kindmesh.steps.up import STEPS
from kindmesh.tools.kube import Kube

from ...rendered import built

ROOT = Path(__file__).resolve().parents[3]


def settings(**environment: str) -> Settings:
    return read(environment, ROOT)


def names(without: str = "", *only: str) -> list[str]:
    return [step.name for step in select_steps(STEPS, settings(KINDMESH_WITHOUT=without), only)]


def test_policies_come_before_every_pod_that_they_govern() -> None:
    order = names()
    assert order.index("namespaces") < order.index("linkerd") < order.index("policies")
    assert all(order.index("policies") < order.index(name) for name in ("viz", "tracing", "ingress", "workloads"))


@pytest.mark.parametrize(
    ("without", "gone"),
    [("", set()), ("viz", {"viz"}), ("cert-manager,ingress", {"cert-manager", "ingress"}), (" tracing ", {"tracing"})],
)
def test_optional_parts_can_be_left_out_and_the_walls_cannot(without: str, gone: set[str]) -> None:
    assert set(names()) - set(names(without)) == gone


def test_the_cni_plugin_comes_only_when_it_is_asked_for_and_before_every_pod_that_needs_it() -> None:
    asked = settings(KINDMESH_WITH="cni")
    order = [step.name for step in select_steps(STEPS, asked)]
    assert set(order) - set(names()) == {"cni"}
    assert order.index("cni") < order.index("linkerd")
    assert (settings().overlay.name, asked.overlay.name) == ("kind", "kind-cni")


def test_the_enforcer_comes_only_when_it_is_asked_for_and_before_any_policy() -> None:
    order = [step.name for step in select_steps(STEPS, settings(KINDMESH_WITH="enforcer"))]
    assert set(order) - set(names()) == {"enforcer"}
    assert order.index("namespaces") < order.index("enforcer") < order.index("policies")


def test_with_the_cni_plugin_every_namespace_of_the_project_is_restricted() -> None:
    wanted = settings(KINDMESH_WITH="cni")
    levels = {
        one["metadata"]["name"]: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for folder in (wanted.overlay, *wanted.parts)
        for one in built(str(folder.relative_to(ROOT)))
        if one["kind"] == "Namespace"
    }
    assert levels == dict.fromkeys(("pingpong", "ingress", "tracing"), "restricted")


def test_a_step_can_be_taken_alone_and_the_order_stays() -> None:
    assert names("", "workloads", "image") == ["image", "workloads"]


def test_an_unknown_step_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(BadInput, match="--only polices: unknown step; expected one of cluster, ownership"):
        names("", "polices")


def test_each_step_says_what_it_waits_for_and_how_it_went() -> None:
    said: list[str] = []
    site = Site(settings(), Kube("none"), {}, said.append)
    steps = [Step("one", "it is there", lambda _: 2), Step("two", "it stays", lambda _: 0)]
    done = run_steps(steps, site)
    assert [step.changes for step in done] == [2, 0]
    assert said[0] == "… one: waiting until it is there"
    assert said[1].endswith("s, 2 changed)")
    assert said[3].endswith("s, nothing to change)")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"KINDMESH_WITHOUT": "policies"}, "policies is unknown"),
        ({"KINDMESH_WITH": "viz"}, "KINDMESH_WITH: viz is unknown; expected cni, enforcer"),
        ({"KINDMESH_CHARTS": "/nowhere"}, "KINDMESH_CHARTS: /nowhere is not a folder"),
        ({"KINDMESH_IMAGE_LOADER": "load 'x"}, "KINDMESH_IMAGE_LOADER: load 'x is not a command: No closing quotation"),
        ({"KINDMESH_CHARTS": "/no", "KINDMESH_WITHOUT": "x"}, "x is unknown.*; KINDMESH_CHARTS"),
    ],
)
def test_wrong_settings_are_told_all_at_once(environment: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read(environment, ROOT)


def test_a_context_of_ones_own_is_a_cluster_that_is_neither_created_nor_removed() -> None:
    assert settings().existing is False
    assert settings().context == "kind-pingpong"
    own = settings(KINDMESH_CONTEXT="prod", KINDMESH_IMAGE_LOADER="load 'two words'")
    assert (own.existing, own.context, own.image_loader) == (True, "prod", ("load", "two words"))


@pytest.mark.parametrize(
    ("built", "noted"), [("sha256:1", {"a": "b", "kindmesh.pingpong/image": "sha256:1"}), ("", {"a": "b"})]
)
def test_pods_note_which_image_they_run_so_that_a_rebuilt_one_is_started(built: str, noted: dict[str, str]) -> None:
    deployment = {"kind": "Deployment", "spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}
    service = {"kind": "Service", "spec": {}}
    (found, other) = with_image_note([deployment, service], built)
    assert found["spec"]["template"]["metadata"]["annotations"] == noted
    assert other == {"kind": "Service", "spec": {}}
