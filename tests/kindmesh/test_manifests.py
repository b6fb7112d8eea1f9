"""The manifests of the cluster: they build, they agree with each other, and nothing in them floats."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from kindmesh.pins import Tier, read_pins
from kindmesh.settings import project_root
from kindmesh.tools import kube
from kindmesh.tools.kube import Object, documents

from ..onpath import real_tools

ROOT = project_root()
FOLDERS = [
    *(f"k8s/overlays/{name}" for name in ("kind", "kind-cni", "production")),
    *(
        f"mesh/{name}"
        for name in (
            "network",
            "policies",
            "admission",
            "observability",
            "ingress",
            "linkerd/identity",
            "ingress/tls",
            "enforcer",
            "cni",
        )
    ),
]


@cache
def built(folder: str) -> list[Object]:
    with real_tools("kubectl"):
        return documents(kube.render(ROOT / folder))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_builds_and_names_each_object_once(folder: str) -> None:
    names = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in built(folder)]
    assert names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("overlay", "level"), [("kind", "privileged"), ("kind-cni", "restricted"), ("production", "restricted")]
)
def test_an_overlay_enforces_the_level_that_its_pods_pass(overlay: str, level: str) -> None:
    (namespace,) = [one for one in built(f"k8s/overlays/{overlay}") if one["kind"] == "Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == level


def test_production_leaves_the_number_of_pongers_to_its_autoscaler() -> None:
    found = {(one["kind"], one["metadata"]["name"]): one for one in built("k8s/overlays/production")}
    assert "replicas" not in found["Deployment", "ponger"]["spec"]
    least = found["HorizontalPodAutoscaler", "ponger"]["spec"]["minReplicas"]
    assert found["PodDisruptionBudget", "ponger"]["spec"]["minAvailable"] < least


@pytest.mark.parametrize("namespace", ["pingpong", "ingress", "tracing", "linkerd", "linkerd-viz", "cert-manager"])
def test_a_namespace_is_shut_both_ways_before_anything_is_opened(namespace: str) -> None:
    policies = [one for one in built("mesh/network") if one["metadata"]["namespace"] == namespace]
    (deny,) = [one for one in policies if one["metadata"]["name"] == "default-deny"]
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert all(one["spec"]["policyTypes"] for one in policies)


def test_between_meshed_pods_the_network_opens_linkerds_own_port_by_number_and_no_range() -> None:
    for policy in built("mesh/network"):
        rules = [*policy["spec"].get("ingress", []), *policy["spec"].get("egress", [])]
        for port in (port for rule in rules for port in rule["ports"]):
            assert isinstance(port["port"], int)
            assert "endPort" not in port
        assert all(rule["ports"] for rule in rules)


def test_every_namespace_with_sidecars_may_be_scraped() -> None:
    scraped = {one["metadata"]["namespace"] for one in built("mesh/observability") if one["kind"] == "Server"}
    assert scraped >= {"pingpong", "ingress", "tracing", "linkerd-viz"}


@pytest.mark.parametrize(
    "path",
    [
        "k8s/base/namespace.yaml",
        "mesh/ingress/namespace.yaml",
        "mesh/observability/namespace.yaml",
        "mesh/linkerd/viz-namespace.yaml",
    ],
)
def test_a_namespace_with_sidecars_closes_every_port_without_a_server(path: str) -> None:
    (namespace,) = documents((ROOT / path).read_text())
    assert namespace["metadata"]["annotations"] == {
        "linkerd.io/inject": "enabled",
        "config.linkerd.io/default-inbound-policy": "deny",
    }


def test_nobody_is_granted_the_dashboard_which_may_tap_everything() -> None:
    found = built("mesh/observability")
    (server,) = [one for one in found if one["kind"] == "Server" and one["metadata"]["name"] == "web"]
    assert server["spec"].get("accessPolicy", "deny") == "deny"
    assert "web" not in {one["spec"]["targetRef"]["name"] for one in found if one["kind"] == "AuthorizationPolicy"}


def test_the_image_of_the_node_is_the_pinned_one() -> None:
    config = yaml.safe_load((ROOT / "kind-config.yaml").read_text())
    assert [node["image"] for node in config["nodes"]] == [read_pins(ROOT)["node"].reference]


def test_ipv6_is_off_wherever_the_routes_of_pods_are_set() -> None:
    # With it on, the admission policies would refuse every pod; with it on in the cluster alone, it passes sidecars by.
    config = yaml.safe_load((ROOT / "kind-config.yaml").read_text())
    assert config["networking"]["ipFamily"] == "ipv4"
    for name in ("control-plane", "cni"):
        assert yaml.safe_load((ROOT / f"mesh/linkerd/{name}.yaml").read_text())["disableIPv6"] is True


def test_the_host_ports_are_the_node_ports_of_the_ingress_on_loopback_alone() -> None:
    config = yaml.safe_load((ROOT / "kind-config.yaml").read_text())
    values = yaml.safe_load((ROOT / "mesh/ingress/traefik.yaml").read_text())
    mappings = config["nodes"][0]["extraPortMappings"]
    assert [one["containerPort"] for one in mappings] == [port["nodePort"] for port in values["ports"].values()]
    assert {one["listenAddress"] for one in mappings} == {"127.0.0.1"}


def test_a_network_that_policies_name_is_the_clusters_pod_network() -> None:
    config = yaml.safe_load((ROOT / "kind-config.yaml").read_text())
    network = config["networking"]["podSubnet"]
    for path in ("mesh/policies/networkauthentications.yaml", "mesh/observability/jaeger-policy.yaml"):
        for found in documents((ROOT / path).read_text()):
            if found["kind"] == "NetworkAuthentication":
                assert found["spec"]["networks"] == [{"cidr": network}]
    blocks = [
        peer["ipBlock"]
        for policy in built("mesh/network")
        for rule in policy["spec"].get("ingress", [])
        for peer in rule.get("from", [])
        if "ipBlock" in peer
    ]
    assert blocks
    assert all(block["except"] == [network] for block in blocks)
    values = yaml.safe_load((ROOT / "mesh/linkerd/control-plane.yaml").read_text())
    assert values["policyController"]["probeNetworks"] == [network]


@pytest.mark.parametrize(
    ("name", "path"), [("jaeger", "mesh/observability/jaeger.yaml"), ("kube-router", "mesh/enforcer/kube-router.yaml")]
)
def test_an_image_in_a_manifest_is_the_pinned_one(name: str, path: str) -> None:
    assert f"image: {read_pins(ROOT)[name].reference}\n" in (ROOT / path).read_text()


def test_the_enforcer_is_a_firewall_alone_and_takes_the_services_network_of_kind() -> None:
    (found,) = [one for one in built("mesh/enforcer") if one["kind"] == "DaemonSet"]
    (container,) = found["spec"]["template"]["spec"]["containers"]
    flags = dict(word.removeprefix("--").split("=") for word in container["args"])
    network = yaml.safe_load((ROOT / "kind-config.yaml").read_text())["networking"]["serviceSubnet"]
    assert flags.pop("service-cluster-ip-range") == network
    assert {name for name, value in flags.items() if value == "true"} == {"run-firewall"}
    assert {"run-router", "run-service-proxy", "enable-cni"} == {
        name for name, value in flags.items() if value != "true"
    }


def test_every_pin_says_how_far_it_was_checked() -> None:
    pins = read_pins(ROOT).values()
    assert {pin.tier for pin in pins} <= set(Tier)
    assert all(pin.source and re.fullmatch(r"\d{4}-\d\d-\d\d", pin.date) for pin in pins)


def test_the_dockerfile_takes_its_bases_by_digest_and_runs_as_a_number() -> None:
    text = (ROOT / "src/pingpong/Dockerfile").read_text()
    assert all("@sha256:" in line for line in text.splitlines() if line.startswith("ARG "))
    assert not re.search(r"^# *syntax *=(?!.*@sha256:)", text, re.MULTILINE)
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)


def test_actions_are_pinned_by_full_hashes() -> None:
    workflows = sorted(Path(ROOT / ".github/workflows").glob("*.yml"))
    uses = [line for path in workflows for line in path.read_text().splitlines() if "uses:" in line]
    assert uses
    assert all(re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v", line) for line in uses)
