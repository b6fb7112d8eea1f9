"""The ingress as seen from outside of the cluster: HTTP, and HTTPS with a certificate that is checked strictly."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from kindmesh.errors import BadInput
from kindmesh.identity.certmanager import pem
from kindmesh.settings import Settings
from kindmesh.tools.kube import Kube, Object

CONFIG = "kind-config.yaml"
INNER = "InternalIP"
"""Among the addresses of a node the one that its cluster knows."""
NAMELESS = "the certificate has an empty {}, which curl refuses"


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where the ingress listens, and which certificate it must present."""

    host: str
    ports: Mapping[str, int]
    names: tuple[str, ...] = ()
    """The names in its certificate, addresses among them; none: there is no HTTPS."""
    authority: str = field(default="", repr=False)
    """Who signed it, PEM; empty: an authority that this machine trusts anyway."""

    def get(self, path: str, *, name: str = "", headers: Mapping[str, str] | None = None) -> str:
        """Return the status of a request, or why there is none; with a name of the certificate, by HTTPS."""
        scheme, port = ("https", self.ports["websecure"]) if name else ("http", self.ports["web"])
        url = f"{scheme}://{self.host}:{port}{path}"
        try:
            with (
                httpx.Client(verify=self._trust() if name else False, timeout=10, trust_env=False) as client,
                client.stream("GET", url, headers=headers, extensions={"sni_hostname": name}) as answer,
            ):
                secured = answer.extensions["network_stream"].get_extra_info("ssl_object")
                lacking = _empty_names(secured.getpeercert()) if name else []
        except (httpx.TransportError, ssl.SSLError, ValueError) as error:
            return str(error) or type(error).__name__
        return NAMELESS.format(" and ".join(lacking)) if lacking else str(answer.status_code)

    def _trust(self) -> ssl.SSLContext:
        """Return a context that verifies as `openssl verify -x509_strict` does."""
        trusted = ssl.create_default_context(cadata=self.authority or None)
        trusted.verify_flags |= ssl.VERIFY_X509_STRICT
        return trusted

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that a person opens."""
        secure = self.ports.get("websecure")
        named = self.names[0] if self.host.startswith("127.") and self.names else self.host
        return (f"http://{self.host}:{self.ports['web']}/", *([f"https://{named}:{secure}/"] if self.names else []))


def _empty_names(certificate: Object) -> list[str]:
    # An empty name is not wrong to OpenSSL, but curl does not take it.
    return [field for field in ("subject", "issuer") if not certificate.get(field)]


def find_entrance(kube: Kube, settings: Settings) -> Entrance:
    """Return the ingress: on kind at ports of this machine, on your own cluster at a node's address."""
    names: tuple[str, ...] = ()
    authority = ""
    if settings.has("cert-manager"):
        spec = kube.get("-n", "ingress", "certificate/ingress-tls")["spec"]
        names = (*spec.get("dnsNames", []), *spec.get("ipAddresses", []))
        # A private authority is stored beside the certificate; a public one is not.
        authority = pem(kube.get("-n", "ingress", "secret/ingress-tls")["data"].get("ca.crt", ""))
    ports = kube.get("-n", "ingress", "service/traefik")["spec"]["ports"]
    behind = {port["name"]: int(port["nodePort"]) for port in ports}
    if not settings.existing:
        return Entrance("127.0.0.1", _mapped(behind, settings.root), names, authority)
    nodes = kube.get("nodes")["items"]
    addresses = [found["address"] for node in nodes for found in node["status"]["addresses"] if found["type"] == INNER]
    if not addresses:
        raise BadInput(f"no node of {kube.context} has an {INNER}", "the ingress is asked by a node's address")
    return Entrance(addresses[0], behind, names, authority)


def describe_entrance(kube: Kube, settings: Settings) -> tuple[str, ...]:
    """Return lines for a person: the addresses of the ingress, and how to get the authority of its certificate."""
    needed = ("service/traefik", *(["secret/ingress-tls"] if settings.has("cert-manager") else []))
    if not settings.has("ingress") or not all(kube.exists("-n", "ingress", name) for name in needed):
        return ()
    found = find_entrance(kube, settings)
    lines = [f"Open {' or '.join(found.addresses)}"]
    if found.authority:
        secret = f"kubectl --context {kube.context} -n ingress get secret ingress-tls"
        lines.append(f"Its CA: {secret} -o jsonpath='{{.data.ca\\.crt}}' | base64 -d >ca.crt")
    return tuple(lines)


def _mapped(behind: Mapping[str, int], root: Path) -> dict[str, int]:
    """Return the ports of this machine behind which kind puts some NodePorts."""
    nodes = yaml.safe_load((root / CONFIG).read_text())["nodes"]
    mappings = [found for node in nodes for found in node.get("extraPortMappings", [])]
    here = {int(found["containerPort"]): int(found["hostPort"]) for found in mappings}
    if missing := [f"{number} ({name})" for name, number in behind.items() if number not in here]:
        raise BadInput(f"{CONFIG}: extraPortMappings map nothing to Traefik's NodePort {', '.join(missing)}")
    return {name: here[number] for name, number in behind.items()}
