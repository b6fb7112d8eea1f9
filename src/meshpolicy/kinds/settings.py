"""What the mesh was installed with. Pure values."""

from dataclasses import field
from ipaddress import ip_network
from typing import Any

from meshpolicy.core.match import NetworkMatch
from meshpolicy.core.selector import Expression, Operator, Selector
from meshpolicy.kinds.annotations import CNI_RESOURCE, COMPONENT, WEBHOOKS
from meshpolicy.kinds.cniplugin import CniPlugin
from meshpolicy.kinds.portlists import Ports, of_destination
from meshpolicy.record import record, replace

NAMESPACE_NAME = "kubernetes.io/metadata.name"


@record
class ProxyPorts:
    """The ports of a sidecar itself."""

    inbound: int = 4143
    control: int = 4190
    admin: int = 4191
    outbound: int = 4140
    """Where it takes what the pod sends, as localhost."""

    def named(self, name: str) -> int | None:
        """Return the number of a port that the injected sidecar names; a template does not hold it yet."""
        return {"linkerd-proxy": self.inbound, "linkerd-admin": self.admin}.get(name)


@record
class InjectorSettings:
    """Which pods the injector's webhook is asked about (values.yaml, proxyInjector)."""

    namespaces: Selector = field(
        default_factory=lambda: Selector(
            expressions=(
                Expression(WEBHOOKS, Operator.NOT_IN, ("disabled",)),
                Expression(NAMESPACE_NAME, Operator.NOT_IN, ("kube-system", "cert-manager")),
            )
        )
    )
    pods: Selector = field(
        default_factory=lambda: Selector(
            expressions=(
                Expression(COMPONENT, Operator.DOES_NOT_EXIST),
                Expression(CNI_RESOURCE, Operator.DOES_NOT_EXIST),
            )
        )
    )
    token_projection: bool = True
    """identity.serviceAccountTokenProjection; without it a pod needs its account's token."""


@record
class MeshSettings:
    """What the mesh was installed with; the defaults are those of Linkerd's chart (R1-R4, values.yaml)."""

    default_inbound_policy: str = "all-unauthenticated"
    cluster_networks: tuple[str, ...] = (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fd00::/8",
    )
    probe_networks: tuple[str, ...] = ("0.0.0.0/0", "::/0")
    trust_domain: str = "cluster.local"
    control_plane_namespace: str = "linkerd"
    outbound_transport_mode: str = "transport-header"
    cluster_domain: str = "cluster.local"
    egress_namespace: str = "linkerd-egress"
    """Whose EgressNetworks are those of clients whose namespace has none."""
    ignore_inbound_ports: str = "4567,4568"
    ignore_outbound_ports: str = "4567,4568"
    opaque_ports: str = "25,587,3306,4444,5432,6379,9300,11211"
    skip_subnets: str = ""
    ports: ProxyPorts = field(default_factory=ProxyPorts)
    ipv6: bool = False
    """Whether IPv6 packets are led to the proxy: the contrary of disableIPv6."""
    cni: bool = False
    """Whether the CNI plugin leads packets to the proxy, by its own configuration."""
    plugin: CniPlugin = field(default_factory=CniPlugin)
    """What the CNI plugin was installed with."""
    proxy_user: int = 2102
    proxy_group: int = -1
    """The group that proxies run as; below 0 it is the image's."""
    native_sidecar: bool = True
    """Whether proxies are init containers that go on running."""
    proxy_version: str = ""
    """The release of the proxies, as the tags of their images say it: `edge-26.8.3`; empty: not known."""
    additional_env: str = ""
    """An environment variable that the installation gives all proxies, and that replaces a setting of theirs."""
    injector: InjectorSettings = field(default_factory=InjectorSettings)
    explicit: frozenset[str] = field(default=frozenset(), compare=False)
    """The fields that somebody set: by an option, or by a file of values."""

    @property
    def default_opaque(self) -> Ports:
        """Return the ports that are opaque where no annotation says otherwise."""
        return of_destination(self.opaque_ports)

    @property
    def annotated_opaque(self) -> frozenset[str]:
        """Return the ports of that list by which the injector annotates: it looks for each as it is written."""
        return frozenset(self.opaque_ports.split(","))

    def over(self, others: "MeshSettings") -> "MeshSettings":
        """Return other settings with what is explicit here in their place."""
        own = {name: getattr(self, name) for name in self.explicit}
        return replace(others, **own, explicit=self.explicit | others.explicit)

    def told(self, **found: Any) -> "MeshSettings":
        """Return these settings with explicit ones in their place."""
        return replace(self, **found, explicit=self.explicit | found.keys())

    @property
    def pod_networks(self) -> tuple[NetworkMatch, ...]:
        """Return the networks in which pods have their addresses."""
        return tuple(NetworkMatch(ip_network(text, strict=False)) for text in self.cluster_networks)

    def identity(self, namespace: str, service_account: str) -> str:
        """Return the name in a ServiceAccount's certificate (R5)."""
        return (
            f"{service_account}.{namespace}.serviceaccount.identity.{self.control_plane_namespace}.{self.trust_domain}"
        )
