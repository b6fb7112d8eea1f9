"""Which pods get a sidecar, for every input that decides it. Rules R7, R110, R111."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.core.selector import Expression, Operator, Selector
from meshpolicy.core.truth import Truth
from meshpolicy.decide.decision import Verdict
from meshpolicy.kinds.settings import InjectorSettings, MeshSettings
from meshpolicy.kinds.workload import Workload

from ..build import Manifest, ask, cluster, server

INJECT = "linkerd.io/inject"
ISTIO = "sidecar.istio.io/inject"
YES, NO, UNKNOWN = Truth
PROXY = {"name": "linkerd-proxy", "image": "cr.l5d.io/linkerd/proxy:edge"}
LABELLED = {"linkerd.io/control-plane-ns": "linkerd"}


def space(inject: str | None = None, labels: Mapping[str, str] | None = None, name: str = "arena") -> Manifest:
    """Return a Namespace."""
    annotations = {} if inject is None else {INJECT: inject}
    metadata = {"name": name, "annotations": annotations, "labels": dict(labels or {})}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def pod(
    inject: str | None = None, labels: Mapping[str, str] | None = None, namespace: str = "arena", **spec: Any
) -> Manifest:
    """Return a Pod that is still to be created."""
    annotations = {} if inject is None else {INJECT: inject}
    metadata = {"name": "cat", "namespace": namespace, "labels": {"app": "cat", **(labels or {})}}
    own = {"name": "app", "image": "example/app:1", "ports": [{"name": "http", "containerPort": 8080}]}
    extra = spec.pop("also", ())
    spec = {"containers": [own, *extra], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**metadata, "annotations": annotations}, "spec": spec}


def read(*manifests: Manifest, settings: MeshSettings | None = None) -> Workload:
    """Return the workload of some manifests."""
    return cluster(*manifests, settings=settings).workloads[0]


DISABLED = {"config.linkerd.io/admission-webhooks": "disabled"}


@pytest.mark.parametrize(
    ("manifests", "expected"),
    [
        ([space("enabled"), pod()], YES),
        ([space("ingress"), pod()], YES),
        ([space(), pod("enabled")], YES),
        ([space(), pod("ingress")], YES),
        ([space("disabled"), pod("enabled")], YES),
        ([space("enabled"), pod("")], YES),
        ([space("enabled"), pod("disabled")], NO),
        ([space(), pod()], NO),
        ([space("disabled"), pod()], NO),
        ([space("enabled"), pod("true")], NO),
        ([space("enabled"), pod("Enabled")], NO),
        ([space("true"), pod("enabled")], NO),
        ([pod("enabled")], UNKNOWN),
        ([pod()], UNKNOWN),
        ([pod("disabled")], NO),
        ([pod("yes")], NO),
        ([pod("enabled", namespace="kube-system")], NO),
        ([pod("enabled", namespace="cert-manager")], NO),
        ([space("enabled", DISABLED), pod("enabled")], NO),
        ([space("enabled", {"config.linkerd.io/admission-webhooks": "enabled"}), pod()], YES),
        ([space("enabled"), pod(labels=DISABLED)], YES),
        ([space("enabled"), pod(labels={"linkerd.io/cni-resource": ""})], NO),
        ([space("enabled"), pod(labels={"linkerd.io/control-plane-component": "web"})], NO),
        ([space("enabled"), pod(labels=LABELLED)], YES),
        ([space(), pod(labels=LABELLED)], NO),
        ([space("enabled"), pod(hostNetwork=True)], NO),
        ([space("enabled"), pod(automountServiceAccountToken=False)], YES),
        ([space("enabled"), pod(also=[{"name": "istio-proxy"}])], NO),
        ([space("enabled"), pod(also=[{"name": "linkerd-proxy", "image": "example/x:1"}])], NO),
        ([space("enabled"), pod(also=[{"name": "x", "image": "gcr.io/istio-release/proxyv2:1"}])], NO),
        ([space("enabled"), pod(also=[{"name": "x", "image": "cr.l5d.io/linkerd/proxy:edge"}])], NO),
        ([space("enabled"), pod(also=[{"name": "x", "image": "cr.l5d.io/linkerd/proxy-init:1"}])], YES),
        ([space("enabled"), pod(also=[{"name": "linkerd-init"}])], YES),
        ([space("enabled"), pod(also=[{"name": "envoy", "image": "envoyproxy/envoy:1"}])], YES),
        ([space("enabled"), pod(initContainers=[{"name": "linkerd-init"}])], NO),
        ([space("enabled"), pod(initContainers=[{"name": "istio-init"}])], NO),
        ([space("enabled"), pod(initContainers=[{"name": "istio-proxy"}])], NO),
        ([space("enabled"), pod(initContainers=[{"name": "x", "image": "cr.l5d.io/linkerd/proxy-init:1"}])], NO),
        ([pod(labels=LABELLED, also=[PROXY])], YES),
        ([pod(labels=LABELLED, initContainers=[PROXY])], YES),
        ([space("enabled"), pod(also=[PROXY])], UNKNOWN),
        ([pod() | {"status": {"podIP": "10.0.0.1"}}], NO),
        ([pod(labels=LABELLED) | {"status": {"podIP": "10.0.0.1"}}], YES),
        ([space("enabled"), pod() | {"status": {"phase": "Pending"}}], NO),
        ([space("enabled", {"istio-injection": "enabled"}), pod()], UNKNOWN),
        ([space("enabled", {"istio-injection": "disabled"}), pod()], YES),
        ([space("enabled", {"istio.io/rev": "canary"}), pod()], UNKNOWN),
        ([space("enabled", {"istio-injection": "disabled", "istio.io/rev": "canary"}), pod()], YES),
        ([space("", {"istio-injection": "enabled"}), pod()], NO),
        ([space("enabled"), pod(labels={ISTIO: "true"})], UNKNOWN),
        ([space("enabled", {"istio-injection": "enabled"}), pod(labels={ISTIO: "false"})], YES),
        ([space("enabled"), pod() | {"status": {}}], YES),
    ],
)
def test_a_pod_gets_a_sidecar(manifests: list[Manifest], expected: Truth) -> None:
    """By labels, network, containers and annotations, of the pod and of its namespace."""
    found = read(*manifests)
    assert (found.injection.sidecar, found.injection.why) == (expected, found.injection.why)
    assert (found.injection.why == "") == (expected is YES)


def test_the_installation_says_which_pods_the_webhook_is_asked_about() -> None:
    """values.yaml: proxyInjector.namespaceSelector and objectSelector, identity.serviceAccountTokenProjection."""
    chosen = Selector((("mesh", "on"),))
    only = MeshSettings(injector=InjectorSettings(namespaces=chosen))
    assert read(space("enabled"), pod(), settings=only).injection.sidecar is NO
    assert read(space("enabled", {"mesh": "on"}), pod(), settings=only).injection.sidecar is YES
    assert read(pod("enabled"), settings=only).injection.sidecar is UNKNOWN
    absent = Selector(expressions=(Expression("x", Operator.DOES_NOT_EXIST),))
    bare = MeshSettings(injector=InjectorSettings(pods=absent))
    assert read(space("enabled"), pod(labels={"x": ""}), settings=bare).injection.sidecar is NO
    assert read(space("enabled"), pod(labels={"linkerd.io/cni-resource": ""}), settings=bare).injection.sidecar is YES
    tokens = MeshSettings(injector=InjectorSettings(token_projection=False))
    no_token = pod(automountServiceAccountToken=False)
    assert read(space("enabled"), no_token, settings=tokens).injection.sidecar is NO
    assert read(space("enabled"), pod(), settings=tokens).injection.sidecar is YES


WORDS = st.sampled_from([None, "", "enabled", "ingress", "disabled", "true", "Enabled"])
LABELS = st.sampled_from([{}, DISABLED, {"linkerd.io/cni-resource": ""}, LABELLED, {"team": "x"}])
ALSO = st.sampled_from([[], [PROXY], [{"name": "istio-proxy"}], [{"name": "linkerd-proxy", "image": "x"}]])


@st.composite
def worlds(draw: st.DrawFn) -> list[Manifest]:
    """Return a pod in some namespace, which the input may not hold."""
    name = draw(st.sampled_from(["arena", "arena", "cert-manager"]))
    own = pod(draw(WORDS), draw(LABELS), name, also=draw(ALSO), hostNetwork=draw(st.booleans()))
    own |= draw(st.sampled_from([{}, {}, {"status": {"podIP": "10.0.0.1"}}]))
    return [own, *([space(draw(WORDS), draw(LABELS), name)] if draw(st.booleans()) else [])]


@settings(max_examples=120)
@given(worlds())
def test_only_a_pod_that_certainly_has_a_sidecar_refuses_for_certain(manifests: list[Manifest]) -> None:
    """Under a Server that grants nothing: refused with a sidecar, allowed without one, and unknown otherwise."""
    own = manifests[0]["metadata"]["namespace"]
    closed = server(app="cat")
    closed["metadata"]["namespace"] = own
    found = cluster(*manifests, closed)
    answer = ask(found, "unmeshed", "cat:8080/", direct=True)
    expected = {YES: Verdict.FORBIDDEN, NO: Verdict.ALLOW, UNKNOWN: Verdict.UNKNOWN}
    assert answer.verdict is expected[found.workloads[0].injection.sidecar], answer.reasons


@settings(max_examples=100)
@given(worlds(), WORDS, LABELS)
def test_a_sure_answer_holds_whatever_the_namespace_is(
    manifests: list[Manifest], inject: str | None, labels: Mapping[str, str]
) -> None:
    """Where the input does not hold the Namespace: any that is added later leaves a sure answer as it is."""
    alone = read(manifests[0]).injection.sidecar
    added = space(inject, labels, manifests[0]["metadata"]["namespace"])
    assert alone is UNKNOWN or read(manifests[0], added).injection.sidecar is alone


def test_a_workload_that_is_made_by_hand_is_what_it_says() -> None:
    """As tests and questions about accounts make them."""
    made = Workload(read(pod("disabled")).ref, meshed=True)
    assert made.injection.sidecar is YES
    assert not replace(made, meshed=False).meshed
