"""The values of Linkerd's control-plane chart, as far as answers depend on them (R1-R4, R10, R110-R115). Pure."""

from collections.abc import Callable
from typing import Any

from meshpolicy.core.fields import Fields
from meshpolicy.core.networks import parse_network
from meshpolicy.core.policy import DefaultPolicy
from meshpolicy.kinds.reading import read_selector
from meshpolicy.kinds.settings import InjectorSettings, MeshSettings, ProxyPorts
from meshpolicy.kinds.sidecar import decisive_variable
from meshpolicy.record import replace

CHART = "linkerd-control-plane"
PROXY_PORTS = ("inbound", "control", "admin", "outbound")
"""The fields of ProxyPorts, in order."""
MODES = ("transport-header", "transparent")
IDS = {"uid": "proxy_user", "gid": "proxy_group"}
MISPLACED = (
    ("policyController", "defaultAllowPolicy"),
    ("policyController", "defaultInboundPolicy"),
    ("", "defaultAllowPolicy"),
    ("", "defaultInboundPolicy"),
)
"""Where people write the default policy, and the chart does not read it: Helm says nothing of an unknown key."""


def read_values(values: Fields, standard: MeshSettings) -> MeshSettings:
    """Return settings as values say them; what they leave out stays as in `standard`.

    An umbrella chart holds them under the name of Linkerd's chart. What is set is `explicit` in the result.
    """
    own = values.child(CHART) if isinstance(values.data.get(CHART), dict) else values
    found = {**_mesh(own), **_proxy(own), **_injector(own, standard)}
    for section, key in MISPLACED:
        fields = own.child(section) if section else own
        if fields.has(key):
            fields.note(key, "is not read by the chart; did you mean proxy.defaultInboundPolicy?")
    return replace(standard, **found, explicit=standard.explicit | found.keys())


def _mesh(values: Fields) -> dict[str, Any]:
    """Read what concerns the mesh as a whole."""
    found: dict[str, Any] = {}
    domain = values.text("clusterDomain")
    if domain:
        found["cluster_domain"] = domain
    if space := values.child("egress").text("globalEgressNetworkNamespace"):
        found["egress_namespace"] = space
    trust = values.text("identityTrustDomain") or domain
    if trust:
        found["trust_domain"] = trust
    if values.has("clusterNetworks"):
        texts = [text.strip() for text in values.text("clusterNetworks").split(",") if text.strip()]
        found["cluster_networks"] = _networks(values, "clusterNetworks", texts)
    controller = values.child("policyController")
    if controller.has("probeNetworks"):
        found["probe_networks"] = _networks(controller, "probeNetworks", controller.texts("probeNetworks"))
    for key, name, opposite in (("disableIPv6", "ipv6", True), ("cniEnabled", "cni", False)):
        if values.has(key):
            found[name] = values.flag(key) is not opposite
    return found


def _proxy(values: Fields) -> dict[str, Any]:
    """Read what concerns proxies and what leads packets to them."""
    proxy, init = values.child("proxy"), values.child("proxyInit")
    found: dict[str, Any] = {}
    for fields, key, name, words in (
        (proxy, "defaultInboundPolicy", "default_inbound_policy", tuple(DefaultPolicy)),
        (proxy, "outboundTransportMode", "outbound_transport_mode", MODES),
    ):
        word = fields.text(key)
        if word and word not in words:
            fields.note(key, f"is `{word}`; accepted are {', '.join(words)}")
        elif word:
            found[name] = word
    for fields, key, name in (
        (proxy, "opaquePorts", "opaque_ports"),
        (init, "ignoreInboundPorts", "ignore_inbound_ports"),
        (init, "ignoreOutboundPorts", "ignore_outbound_ports"),
        (init, "skipSubnets", "skip_subnets"),
    ):
        if fields.has(key):
            found[name] = _list(fields, key)
    if proxy.has("ports"):
        ports, usual = proxy.child("ports"), ProxyPorts()
        read: Callable[[str, int], int] = ports.integer
        found["ports"] = ProxyPorts(*(read(key, getattr(usual, key)) for key in PROXY_PORTS))
    found |= {name: proxy.integer(key) for key, name in IDS.items() if proxy.has(key)}
    if proxy.has("nativeSidecar"):
        found["native_sidecar"] = proxy.flag("nativeSidecar")
    if version := proxy.child("image").text("version") or values.text("linkerdVersion"):
        found["proxy_version"] = version
    names = [entry.text("name") for key in ("additionalEnv", "experimentalEnv") for entry in proxy.children(key)]
    if names:
        found["additional_env"] = decisive_variable(names)
    return found


def _injector(values: Fields, standard: MeshSettings) -> dict[str, Any]:
    """Read which pods the injector's webhook is asked about."""
    injector, identity = values.child("proxyInjector"), values.child("identity")
    rules = standard.injector
    namespaces, pods = injector.child("namespaceSelector"), injector.child("objectSelector")
    found = InjectorSettings(
        read_selector(namespaces) if injector.has("namespaceSelector") else rules.namespaces,
        read_selector(pods) if injector.has("objectSelector") else rules.pods,
        identity.flag("serviceAccountTokenProjection", rules.token_projection),
    )
    return {} if found == rules else {"injector": found}


def _list(fields: Fields, key: str) -> str:
    """Return a list of ports or networks, which is a text; one port may be a number."""
    value = fields.data[key]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else fields.text(key)


def _networks(fields: Fields, key: str, texts: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        if parse_network(text) is None:
            fields.note(key, f"is `{text}`, where a network such as 10.0.0.0/8 is expected")
    return tuple(text for text in texts if parse_network(text) is not None)
