"""Linkerd's CNI plugin, which leads packets to proxies where no init container does: what it was told. Pure.

Sources: linkerd2 `charts/linkerd2-cni/templates/cni-plugin.yaml`, linkerd2-proxy-init `cni-plugin/main.go`.
"""

import json

from meshpolicy.core.fields import Fields
from meshpolicy.record import record

CHART = "linkerd2-cni"
CONFIG = "linkerd-cni-config"
CONFIGS = ("linkerd-config", CONFIG)
"""The ConfigMaps that say what the mesh was installed with."""
NETWORK = "cni_network_config"


@record
class CniPlugin:
    """The plugin's configuration; the defaults are those of its chart."""

    inbound_port: int = 4143
    """Where it leads inbound packets, whatever port a pod's annotations give the proxy."""
    inbound_ignored: str = "4191,4190"
    """Ports that it leaves alone, besides those of a pod's annotation."""
    outbound_ignored: str = ""
    subnets: str = ""
    only: tuple[int, ...] = ()
    """The only inbound ports that it leads to proxies; empty: all."""
    user: int = 2102
    group: int = -1
    ipv6: bool = False


def is_plugin_config(fields: Fields) -> bool:
    """Whether an object is the ConfigMap of the CNI plugin."""
    metadata = fields.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return fields.data.get("kind") == "ConfigMap" and name == CONFIG and fields.child("data").has(NETWORK)


def read_plugin(config: Fields) -> CniPlugin | None:
    """Read the ConfigMap of the CNI plugin; note what is no JSON object, and return None."""
    data = config.child("data")
    try:
        found = json.loads(data.text(NETWORK))
    except ValueError as error:
        data.note(NETWORK, f"is no JSON: {error}")
        return None
    own = found.get("linkerd") if isinstance(found, dict) else None
    if not isinstance(own, dict):
        data.note(NETWORK, "has no object `linkerd`, which tells the plugin what to do")
        return None
    told, usual = Fields(own, data.at(NETWORK), config.problems), CniPlugin()
    only = own.get("ports-to-redirect") or []
    return CniPlugin(
        told.integer("incoming-proxy-port", usual.inbound_port),
        ",".join(told.texts("inbound-ports-to-ignore")),
        ",".join(told.texts("outbound-ports-to-ignore")),
        ",".join(told.texts("subnets-to-ignore")),
        tuple(port for port in only if isinstance(port, int)) if isinstance(only, list) else (),
        told.integer("proxy-uid", usual.user),
        told.integer("proxy-gid", usual.group),
        told.flag("ipv6"),
    )


def read_plugin_values(values: Fields) -> CniPlugin:
    """Read the Helm values of the plugin's chart."""
    usual = CniPlugin()
    own = (values.integer("proxyAdminPort", 4191), values.integer("proxyControlPort", 4190))
    ignored = ",".join(filter(None, (*map(str, own), _list(values, "ignoreInboundPorts"))))
    only = _list(values, "portsToRedirect").split(",")
    return CniPlugin(
        values.integer("inboundProxyPort", usual.inbound_port),
        ignored,
        _list(values, "ignoreOutboundPorts"),
        only=tuple(int(port) for port in only if port.strip().isdecimal()),
        user=values.integer("proxyUID", usual.user),
        group=values.integer("proxyGID", usual.group),
        ipv6=not values.flag("disableIPv6", True),
    )


def _list(values: Fields, key: str) -> str:
    """Return a list of ports, which is a text; one port may be a number."""
    value = values.data.get(key)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else values.text(key)
