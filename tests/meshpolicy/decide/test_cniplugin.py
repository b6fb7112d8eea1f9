"""What Linkerd's CNI plugin makes pass a sidecar by, by its own configuration. R132."""

from dataclasses import replace

import pytest

from meshpolicy.kinds.cniplugin import CniPlugin
from meshpolicy.kinds.settings import MeshSettings, ProxyPorts

from ..build import ARENA, ask, cluster, server
from .sidecars import cat, outcome

CNI = MeshSettings("deny", cni=True, ignore_inbound_ports="8080", skip_subnets="10.244.0.13/32")


@pytest.mark.parametrize(
    ("plugin", "annotations", "port", "expected"),
    [
        (CniPlugin(), {}, 8080, "403"),
        (CniPlugin(), {"skip_inbound_ports": "8080"}, 8080, "allow"),
        (CniPlugin(inbound_ignored="4191,4190,8080"), {}, 8080, "allow"),
        (CniPlugin(inbound_ignored="4191,4190,8080"), {"skip_inbound_ports": "9"}, 8080, "allow"),
        (CniPlugin(inbound_ignored="4191,4190,8080"), {"skip_inbound_ports": ""}, 8080, "allow"),
        (CniPlugin(), {"skip_subnets": "10.244.0.13/32"}, 8080, "allow"),
        (CniPlugin(subnets="10.244.0.13/32"), {}, 8080, "allow"),
        (CniPlugin(subnets="10.244.0.13/32"), {"skip_subnets": "10.9.0.0/16"}, 8080, "403"),
        (CniPlugin(only=(8080,)), {}, 8080, "403"),
        (CniPlugin(only=(9090, 0, 65535)), {}, 8080, "allow"),
        (CniPlugin(), {"inbound_port": "5143"}, 8080, "unknown"),
        (CniPlugin(inbound_port=5143), {"inbound_port": "5143"}, 8080, "403"),
        (CniPlugin(), {"outbound_port": "4140"}, 8080, "unknown"),
        (CniPlugin(), {"proxy_uid": "x"}, 8080, "unknown"),
        (CniPlugin(user=7), {}, 8080, "unknown"),
        (CniPlugin(user=7), {"proxy_uid": "2102"}, 8080, "403"),
        (CniPlugin(), {"skip_outbound_ports": "http"}, 8080, "unknown"),
        (CniPlugin(), {"skip_outbound_ports": ""}, 8080, "403"),
    ],
)
def test_the_cni_plugin_goes_by_its_own_configuration_and_by_annotations(
    plugin: CniPlugin, annotations: dict[str, str], port: int, expected: str
) -> None:
    """R132: what the control plane's chart ignores does not count."""
    assert outcome(cat(container=None, **annotations), port=port, settings=replace(CNI, plugin=plugin)) == expected


def test_a_port_of_the_cni_plugin_is_passed_by_where_the_proxy_listens_elsewhere() -> None:
    """R132: the plugin leaves 4190 alone, whatever control port a pod has."""
    own = cat(control_port="5190")
    closed = server("control", 4190, app="cat"), server("own", 5190, app="cat")
    found = cluster(*ARENA, own, *closed, settings=MeshSettings("deny", cni=True, ports=ProxyPorts()))
    assert ask(found, "stranger", "cat:4190/", direct=True).outcome == "allow"
