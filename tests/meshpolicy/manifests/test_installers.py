"""What GitOps tools install the mesh with is what it was installed with (R1 to R4)."""

import json
from pathlib import Path
from typing import Any

import pytest

from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.sources import read

from ..build import Manifest, ask, documents, server

DENY = {"proxy": {"defaultInboundPolicy": "deny"}}
TEXT = "proxy: {defaultInboundPolicy: deny}\n"
CHART = {"spec": {"chart": "linkerd-control-plane"}}


def deployed(version: str, kind: str, namespace: str = "linkerd", **spec: Any) -> Manifest:
    """Return an object of a GitOps tool."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "mesh", "namespace": namespace}, "spec": spec}


def release(**spec: Any) -> Manifest:
    """Return a HelmRelease of the control plane."""
    return deployed("helm.toolkit.fluxcd.io/v2", "HelmRelease", **{"chart": CHART, **spec})


def chart(**spec: Any) -> Manifest:
    """Return a HelmChart of the control plane."""
    return deployed("helm.cattle.io/v1", "HelmChart", **{"chart": "edge/linkerd-control-plane", **spec})


def application(*sources: Manifest, **helm: Any) -> Manifest:
    """Return an Application of the control plane, beside other sources."""
    own = {"chart": "linkerd-control-plane", "repoURL": "https://example.org", "helm": helm}
    spec = {"sources": [*sources, own]} if sources else {"source": own}
    return deployed("argoproj.io/v1alpha1", "Application", "argocd", destination={"namespace": "linkerd"}, **spec)


ELSEWHERE = [{"kind": "ConfigMap", "name": "values"}]
ANCHOR = [{"kind": "Secret", "name": "anchor", "targetPath": "identityTrustAnchorsPEM"}]
WEB: tuple[Manifest, ...] = (
    {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "arena", "annotations": {"linkerd.io/inject": "enabled"}},
    },
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "arena", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "ports": [{"name": "http", "containerPort": 8080}]}]},
    },
)


@pytest.mark.parametrize(
    ("installer", "expected"),
    [
        ([], "allow"),
        ([release()], "allow"),
        ([release(values=DENY)], "403"),
        ([release(values={"linkerd-control-plane": DENY})], "403"),
        ([release(chart={"spec": {"chart": "linkerd-crds"}}, values=DENY)], "allow"),
        ([release(chart=None, chartRef={"name": "linkerd-control-plane"}, values=DENY)], "403"),
        ([release(valuesFrom=ELSEWHERE)], "unknown"),
        ([release(valuesFrom=ELSEWHERE, values=DENY)], "403"),
        ([release(valuesFrom=ANCHOR)], "allow"),
        ([release(values={"proxy": {"defaultInboundPolicy": "Deny"}})], "allow"),
        ([release(values=DENY), release(values=DENY) | {"metadata": {"name": "b", "namespace": "linkerd"}}], "403"),
        ([release(values=DENY), release() | {"metadata": {"name": "b", "namespace": "linkerd"}}], "unknown"),
        ([chart(valuesContent=TEXT)], "403"),
        ([chart(valuesContent="a: [")], "allow"),
        ([chart(set={"proxy.defaultInboundPolicy": "deny"})], "unknown"),
        ([application(values=TEXT)], "403"),
        ([application(valuesObject=DENY)], "403"),
        ([application({"ref": "values", "repoURL": "https://example.org"}, valuesObject=DENY)], "403"),
        ([application(valueFiles=["$values/mesh.yaml"])], "unknown"),
        ([application(parameters=[{"name": "proxy.defaultInboundPolicy", "value": "deny"}])], "unknown"),
        (
            [
                deployed(
                    "argoproj.io/v1alpha1", "ApplicationSet", template={"spec": application(valuesObject=DENY)["spec"]}
                )
            ],
            "403",
        ),
        ([deployed("example.org/v1", "HelmRelease", chart=CHART, values=DENY)], "allow"),
    ],
)
def test_the_mesh_has_the_default_policy_with_which_it_is_installed(installer: list[Manifest], expected: str) -> None:
    found = parse_documents(documents(*WEB, *installer)).cluster
    assert ask(found, "unmeshed", "web:http").outcome == expected


def helmfile(*values: Any, chart: str = "linkerd/linkerd-control-plane", **more: Any) -> str:
    """Return a Helmfile, as text."""
    listed = {"name": "mesh", "namespace": "linkerd", "chart": chart, "values": [*values], **more}
    return json.dumps({"repositories": [], "releases": [{"name": "other", "chart": "a/b"}, listed]})


def bundle(**helm: Any) -> str:
    """Return a bundle of Fleet, as text."""
    return json.dumps({"defaultNamespace": "linkerd", "helm": {"chart": "linkerd-control-plane", **helm}})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("helmfile.yaml", helmfile(), "allow"),
        ("helmfile.d/10-mesh.yaml", helmfile(DENY), "403"),
        ("helmfile.yaml", helmfile("mesh.yaml"), "unknown"),
        ("helmfile.yaml", helmfile("mesh.yaml", DENY), "403"),
        ("helmfile.yaml", helmfile(DENY, "mesh.yaml"), "unknown"),
        ("helmfile.yaml", helmfile(set=[{"name": "proxy.defaultInboundPolicy", "value": "deny"}]), "unknown"),
        ("helmfile.yaml", helmfile("{{ .Values.mesh }}"), "unknown"),
        ("helmfile.yaml", helmfile(DENY, chart="a/c"), "allow"),
        ("mesh/fleet.yaml", bundle(values=DENY), "403"),
        ("mesh/fleet.yaml", bundle(valuesFiles=["a.yaml"]), "unknown"),
        ("mesh/fleet.yaml", json.dumps({"helm": "x", "releases": "y"}), "allow"),
    ],
)
def test_files_of_other_tools_install_the_mesh_as_well(name: str, text: str, expected: str, tmp_path: Path) -> None:
    """They stay no manifests: what else they install is told as left out."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    (tmp_path / "web.yaml").write_text("---\n".join(json.dumps(one) + "\n" for one in WEB))
    found = read([str(tmp_path)], MeshSettings())
    assert ask(found.cluster, "unmeshed", "web:http").outcome == expected
    assert [Path(one.place.file).name for one in found.problems if "left out" in one.message] == [Path(name).name]


@pytest.mark.parametrize("installer", [release(values=DENY), release(valuesFrom=ELSEWHERE)])
def test_an_option_counts_before_what_a_tool_installs(installer: Manifest) -> None:
    told = MeshSettings().told(default_inbound_policy="all-unauthenticated")
    found = parse_documents(documents(*WEB, installer), told).cluster
    assert ask(found, "unmeshed", "web:http").outcome == "allow"


def test_values_elsewhere_decide_nothing_where_a_server_does() -> None:
    closed = server(app="web")
    found = parse_documents(documents(*WEB, closed, release(valuesFrom=ELSEWHERE))).cluster
    assert ask(found, "unmeshed", "web:http").outcome == "403"


def test_the_control_plane_is_in_the_namespace_of_its_release() -> None:
    """R5: identities name it."""
    found = parse_documents(documents(release(targetNamespace="mesh", values={"identityTrustDomain": "example.org"})))
    assert found.cluster.settings.identity("a", "b") == "b.a.serviceaccount.identity.mesh.example.org"


CNI = {"values": {"cniEnabled": True}}
PLUGIN = {"spec": {"chart": "linkerd2-cni"}}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "403"),
        ({"ignoreInboundPorts": "8000-8090"}, "allow"),
        ({"ignoreInboundPorts": 8080}, "allow"),
        ({"portsToRedirect": "9090"}, "allow"),
        ({"portsToRedirect": "8080,9090"}, "403"),
        ({"proxyControlPort": 8080}, "allow"),
        ({"inboundProxyPort": 4243}, "unknown"),
    ],
)
def test_the_cni_plugin_does_what_its_own_chart_was_given(values: Manifest, expected: str) -> None:
    """R132."""
    plugin = release(chart=PLUGIN, values=values)
    found = parse_documents(documents(*WEB, server(app="web"), release(**CNI), plugin)).cluster
    assert ask(found, "unmeshed", "web:http").outcome == expected


def test_without_the_plugin_its_chart_decides_nothing() -> None:
    plugin = release(chart=PLUGIN, values={"ignoreInboundPorts": "8080"})
    found = parse_documents(documents(*WEB, server(app="web"), plugin)).cluster
    assert ask(found, "unmeshed", "web:http").outcome == "403"
