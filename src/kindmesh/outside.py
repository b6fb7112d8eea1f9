"""The way in as somebody outside of the cluster takes it: by HTTP, and by HTTPS with the certificate checked."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from kindmesh.certmanager import pem
from kindmesh.kube import Kube
from kindmesh.settings import Settings

KIND_PORTS = {"web": 8080, "websecure": 8443}
"""The ports of this machine that kind-config.yaml maps to Traefik's NodePorts."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where the ingress listens, and whom it must prove to be."""

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
    """Return the way in: through this machine's ports on kind, by a node's address on a cluster of one's own."""
    name = authority = ""
    if settings.has("cert-manager"):
        name = kube.get("-n", "ingress", "certificate/ingress-tls")["spec"]["dnsNames"][0]
        # An authority of one's own is told beside what it signed; a public one is not.
        authority = pem(kube.get("-n", "ingress", "secret/ingress-tls")["data"].get("ca.crt", ""))
    if not settings.existing:
        return Entrance("127.0.0.1", KIND_PORTS, name, authority)
    ports = kube.get("-n", "ingress", "service/traefik")["spec"]["ports"]
    addresses = kube.items("nodes")[0]["status"]["addresses"]
    node = next(found["address"] for found in addresses if found["type"] == "InternalIP")
    return Entrance(node, {port["name"]: port["nodePort"] for port in ports}, name, authority)
