"""What the mesh was installed with is read from linkerd-config and from Helm values. R1-R4, R10."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from meshpolicy.core.errors import InvalidInput
from meshpolicy.kinds.cniplugin import CniPlugin
from meshpolicy.kinds.settings import MeshSettings, ProxyPorts
from meshpolicy.manifests.installed import read_value_files
from meshpolicy.manifests.parse import parse_documents

from ..build import ARENA, Manifest, ask, cluster, documents, pod, service


def config(values: Manifest | str, namespace: str = "linkerd") -> Manifest:
    """Return the ConfigMap that an installation writes."""
    text = values if isinstance(values, str) else yaml.safe_dump(values)
    metadata = {"name": "linkerd-config", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"values": text}}


READ: list[tuple[Manifest, dict[str, Any]]] = [
    ({}, {}),
    ({"clusterDomain": "corp"}, {"cluster_domain": "corp", "trust_domain": "corp"}),
    ({"clusterDomain": "corp", "identityTrustDomain": "mesh"}, {"cluster_domain": "corp", "trust_domain": "mesh"}),
    ({"identityTrustDomain": ""}, {}),
    ({"clusterNetworks": "10.0.0.0/8, 172.16.0.0/12"}, {"cluster_networks": ("10.0.0.0/8", "172.16.0.0/12")}),
    ({"policyController": {"probeNetworks": []}}, {"probe_networks": ()}),
    ({"disableIPv6": False}, {"ipv6": True}),
    ({"disableIPv6": True}, {"ipv6": False}),
    ({"cniEnabled": True}, {"cni": True}),
    ({"proxy": {"defaultInboundPolicy": "deny"}}, {"default_inbound_policy": "deny"}),
    ({"proxy": {"outboundTransportMode": "transparent"}}, {"outbound_transport_mode": "transparent"}),
    ({"proxy": {"opaquePorts": "25"}}, {"opaque_ports": "25"}),
    ({"proxy": {"opaquePorts": 25}}, {"opaque_ports": "25"}),
    ({"proxy": {"ports": {"control": 9}}}, {"ports": ProxyPorts(control=9)}),
    ({"proxy": {"uid": 7}}, {"proxy_user": 7}),
    ({"proxy": {"gid": 8}}, {"proxy_group": 8}),
    ({"linkerdVersion": "edge-26.8.3"}, {"proxy_version": "edge-26.8.3"}),
    ({"linkerdVersion": "a", "proxy": {"image": {"version": "b"}}}, {"proxy_version": "b"}),
    ({"proxy": {"additionalEnv": [{"name": "LINKERD2_PROXY_LOG", "value": "debug"}]}}, {"additional_env": ""}),
    ({"proxy": {"additionalEnv": [{"name": "LINKERD2_PROXY_X"}]}}, {"additional_env": "LINKERD2_PROXY_X"}),
    ({"proxyInit": {"ignoreInboundPorts": ""}}, {"ignore_inbound_ports": ""}),
    ({"proxyInit": {"skipSubnets": "10.0.0.0/8"}}, {"skip_subnets": "10.0.0.0/8"}),
    ({"linkerd-control-plane": {"cniEnabled": True}}, {"cni": True}),
]


@pytest.mark.parametrize(("values", "expected"), READ)
def test_each_value_that_decides_is_read_the_same_from_both_places(
    values: Manifest, expected: dict[str, Any], tmp_path: Path
) -> None:
    """What is left out is the chart's."""
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    assert cluster(config(values)).settings == MeshSettings(**expected)
    assert read_value_files([str(file)], MeshSettings()) == MeshSettings(**expected)


def test_an_option_counts_before_values_and_those_before_the_config(tmp_path: Path) -> None:
    """The namespace of linkerd-config is the control plane's."""
    file = tmp_path / "values.yaml"
    file.write_text("proxy: {defaultInboundPolicy: audit, opaquePorts: '1'}\n")
    told = MeshSettings(trust_domain="told", explicit=frozenset({"trust_domain"}))
    written = config({"identityTrustDomain": "written", "proxy": {"defaultInboundPolicy": "deny", "uid": 5}}, "mesh")
    found = cluster(written, settings=read_value_files([str(file)], told)).settings
    assert (found.trust_domain, found.default_inbound_policy, found.proxy_user) == ("told", "audit", 5)
    assert (found.opaque_ports, found.control_plane_namespace) == ("1", "mesh")


def test_a_later_file_of_values_counts_before_an_earlier_one(tmp_path: Path) -> None:
    """As Helm merges them."""
    for name, text in (("a", "clusterDomain: a\ncniEnabled: true\n"), ("b", "clusterDomain: b\n")):
        (tmp_path / name).write_text(text)
    found = read_value_files([str(tmp_path / "a"), str(tmp_path / "b")], MeshSettings())
    assert (found.cluster_domain, found.cni) == ("b", True)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("proxy: {defaultInboundPolicy: closed}", "proxy.defaultInboundPolicy: is `closed`; accepted are"),
        ("clusterNetworks: 10.0.0.0/33", "clusterNetworks: is `10.0.0.0/33`, where a network"),
        (
            "policyController: {probeNetworks: here}",
            "policyController.probeNetworks: is `here`, where a list is expected",
        ),
        (
            "policyController: {defaultAllowPolicy: deny}",
            "policyController.defaultAllowPolicy: is not read",
        ),
        ("defaultInboundPolicy: deny", "defaultInboundPolicy: is not read by the chart; did you mean proxy.default"),
        ("proxy: [", "invalid YAML"),
        (None, "cannot be read"),
    ],
)
def test_wrong_values_are_told_with_their_file_and_field(text: str | None, part: str, tmp_path: Path) -> None:
    """And nothing is guessed."""
    file = tmp_path / "values.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_value_files([str(file)], MeshSettings())
    assert "values.yaml" in str(caught.value)
    assert part in str(caught.value)


def test_two_installations_in_one_input_are_a_problem() -> None:
    """One of them would be believed by chance."""
    found = parse_documents(documents(config({}), config({}, "other")))
    assert [problem.message.partition(",")[0] for problem in found.problems] == ["is a second linkerd-config"]


def test_the_settings_decide_calls() -> None:
    """R1, R10, R65: each by the installation, not by the chart."""
    cat = (pod("cat", "10.244.0.31", ports={"http": 8080}), service("cat"))
    deny = config({"proxy": {"defaultInboundPolicy": "deny"}})
    assert ask(cluster(*ARENA, *cat, deny), "stranger", "cat:http").outcome == "403"
    skipped = config({"proxy": {"defaultInboundPolicy": "deny"}, "proxyInit": {"ignoreInboundPorts": "8080"}})
    assert ask(cluster(*ARENA, *cat, skipped), "stranger", "cat:http").outcome == "allow"
    opaque = config({"proxy": {"opaquePorts": "8080"}})
    assert ask(cluster(*ARENA, *cat, opaque), "pinger", "cat:http").outcome == "allow"


PLUGIN = {
    "incoming-proxy-port": 5143,
    "proxy-uid": 7,
    "ports-to-redirect": [80],
    "inbound-ports-to-ignore": ["4191", "4190", "22"],
    "outbound-ports-to-ignore": ["25", "30-40"],
    "subnets-to-ignore": ["10.0.0.0/8"],
    "ipv6": True,
}


def plugin_config(text: str) -> Manifest:
    """Return the ConfigMap of the CNI plugin."""
    metadata = {"name": "linkerd-cni-config", "namespace": "linkerd-cni"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"cni_network_config": text}}


def test_what_the_cni_plugin_was_told_is_read_from_its_config() -> None:
    """R132; charts/linkerd2-cni/templates/cni-plugin.yaml."""
    found = cluster(plugin_config(json.dumps({"name": "linkerd-cni", "linkerd": PLUGIN}))).settings.plugin
    assert found == CniPlugin(5143, "4191,4190,22", "25,30-40", "10.0.0.0/8", (80,), 7, ipv6=True)
    assert cluster().settings.plugin == CniPlugin()


@pytest.mark.parametrize(
    ("texts", "message"),
    [(["{"], "is no JSON"), (["{}"], "has no object `linkerd`"), (["{}", "{}"], "is a second linkerd-cni-config")],
)
def test_a_config_of_the_cni_plugin_that_cannot_be_read_is_reported(texts: list[str], message: str) -> None:
    """The defaults of its chart are not taken for it."""
    configs = [plugin_config(text) for text in texts]
    for number, one in enumerate(configs):
        one["metadata"]["namespace"] = f"place-{number}"
    problems = parse_documents(documents(*configs)).problems
    assert [message in problem.message for problem in problems] == [True]
