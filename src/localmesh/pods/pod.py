"""A pod of the local mesh: its identity, addresses and files. A value: no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from localmesh.files import below
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.container import Container, ContainerPort

OUTBOUND_PORT = 4140
"""Port on which a sidecar accepts its own app's requests; Linkerd's proxy uses the same number."""


@dataclass(frozen=True, slots=True)
class Pod:
    """One replica of a workload (or the ingress), as it runs here."""

    name: str
    namespace: str
    service_account: str
    workload: Ref
    address: IPv4Address
    """The pod's cluster address (10.…), which policies refer to."""
    local: IPv4Address
    """The loopback address that stands for `address` (127.…): listeners and outgoing connections are bound to it."""
    labels: Mapping[str, str]
    containers: tuple[Container, ...]
    meshed: bool
    identity: str
    """The name in its certificate (R5); empty if it is not meshed."""
    folder: Path
    """The pod's private folder (mode 0700); all paths below are in it."""

    @property
    def app(self) -> Path:
        """The folder of the Unix sockets that the app listens on."""
        return self.folder / "app"

    @property
    def bootstrap(self) -> Path:
        """Envoy's bootstrap; the control plane sends everything else."""
        return self.folder / "envoy.json"

    @property
    def control_plane(self) -> Path:
        """The Unix socket on which the control plane serves this pod's sidecar only."""
        return self.folder / "xds.sock"

    @property
    def admin(self) -> Path:
        """The Unix socket of Envoy's administration interface."""
        return self.folder / "admin.sock"

    @property
    def access_log(self) -> Path:
        """The sidecar's access log: one JSON line per request or connection."""
        return self.folder / "access.log"

    @property
    def envoy_log(self) -> Path:
        """Envoy's own log."""
        return self.folder / "envoy.log"

    @property
    def app_log(self) -> Path:
        """The app's standard output and error."""
        return self.folder / "app.log"

    def socket(self, port: ContainerPort) -> Path:
        """Return the app's socket for a container port: `http.sock`, or `8080.sock` if the port has no name."""
        return below(self.app, f"{port.name or port.number}.sock")


def tcp_ports(pod: Pod) -> tuple[ContainerPort, ...]:
    """Return the ports that the containers of a pod declare."""
    return tuple(port for container in pod.containers for port in container.ports if port.protocol == "TCP")
