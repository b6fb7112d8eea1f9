"""The ingress as seen from outside of the cluster: HTTP, and HTTPS with a checked certificate."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from kindmesh.errors import BadInput
from kindmesh.identity.certmanager import pem
from kindmesh.settings import Settings
from kindmesh.tools.kube import Kube

CONFIG = "kind-config.yaml"
INNER = "InternalIP"
"""Among the addresses of a node the one that its cluster knows."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where the ingress listens, and which certificate it must present."""

    host: str
    ports: Mapping[str, int]
    name: str = ""
    """The name in its certificate; empty: there is no HTTPS."""
    authority: str = field(default="", repr=False)
    """Who signed it, PEM; empty: an authority that this machine trusts anyway."""

    def get(self, path: str, *, secure: bool = False, headers: Mapping[str, str] | None = None) -> str:
        """Return the status of a request, or why there is none."""
        scheme, port = ("https", self.ports["websecure"]) if secure else ("http", self.ports["web"])
        try:
            trusted = ssl.create_default_context(cadata=self.authority or None) if secure else False
            with httpx.Client(verify=trusted, timeout=10, trust_env=False) as client:
                answer = client.get(
                    f"{scheme}://{self.host}:{port}{path}", headers=headers, extensions={"sni_hostname": self.name}
                )
        except (httpx.TransportError, ssl.SSLError, ValueError) as error:
            return str(error) or type(error).__name__
        return str(answer.status_code)


def find_entrance(kube: Kube, settings: Settings) -> Entrance:
    """Return the ingress: on kind at ports of this machine, on your own cluster at a node's address."""
    name = authority = ""
    if settings.has("cert-manager"):
        name = kube.get("-n", "ingress", "certificate/ingress-tls")["spec"]["dnsNames"][0]
        # A private authority is stored beside the certificate; a public one is not.
        authority = pem(kube.get("-n", "ingress", "secret/ingress-tls")["data"].get("ca.crt", ""))
    ports = kube.get("-n", "ingress", "service/traefik")["spec"]["ports"]
    behind = {port["name"]: int(port["nodePort"]) for port in ports}
    if not settings.existing:
        return Entrance("127.0.0.1", _mapped(behind, settings.root), name, authority)
    nodes = kube.get("nodes")["items"]
    addresses = [found["address"] for node in nodes for found in node["status"]["addresses"] if found["type"] == INNER]
    if not addresses:
        raise BadInput(f"no node of {kube.context} has an {INNER}", "the ingress is asked by a node's address")
    return Entrance(addresses[0], behind, name, authority)


def _mapped(behind: Mapping[str, int], root: Path) -> dict[str, int]:
    """Return the ports of this machine behind which kind puts some NodePorts."""
    nodes = yaml.safe_load((root / CONFIG).read_text())["nodes"]
    mappings = [found for node in nodes for found in node.get("extraPortMappings", [])]
    here = {int(found["containerPort"]): int(found["hostPort"]) for found in mappings}
    if missing := [f"{number} ({name})" for name, number in behind.items() if number not in here]:
        raise BadInput(f"{CONFIG}: extraPortMappings map nothing to Traefik's NodePort {', '.join(missing)}")
    return {name: here[number] for name, number in behind.items()}
