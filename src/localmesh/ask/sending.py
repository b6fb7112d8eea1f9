"""Sends one real request as somebody, and tells what came of it."""

import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from time import perf_counter

import httpx

from localmesh.ask.targets import Target
from localmesh.errors import BadInput
from localmesh.identity.certificates import Leaf

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of a request."""

    status: int | None
    line: str
    seconds: float
    by_proxy: bool
    """Whether a proxy answered by itself: it gives no body, and so no type of one."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a request travels."""

    transport: httpx.AsyncBaseTransport
    url: str
    extensions: Mapping[str, str]


def through_sidecar(target: Target, proxy: str) -> Way:
    """Go out by a pod's own proxy, which resolves the name and speaks mutual TLS."""
    return Way(httpx.AsyncHTTPTransport(proxy=proxy), f"http://{target.authority}{target.path}", {})


def in_plain(target: Target, source: IPv4Address) -> Way:
    """Go straight to the pod, without TLS."""
    url = f"http://{target.pod.local}:{target.number}{target.path}"
    return Way(httpx.AsyncHTTPTransport(local_address=str(source)), url, {})


def with_certificate(target: Target, source: IPv4Address, leaf: Leaf, anchor: str, folder: Path) -> Way:
    """Go straight to the pod with mutual TLS: the server must prove the pod's identity."""
    context = ssl.create_default_context(cadata=anchor)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # The only way to hand a key to `ssl` is a file: private, and gone at once.
    with tempfile.NamedTemporaryFile("w", dir=folder) as file:
        file.write(leaf.chain_pem + leaf.key_pem)
        file.flush()
        context.load_cert_chain(file.name)
    url = f"https://{target.pod.local}:{target.number}{target.path}"
    transport = httpx.AsyncHTTPTransport(verify=context, local_address=str(source))
    return Way(transport, url, {"sni_hostname": target.pod.identity})


async def send(way: Way, target: Target, method: str, headers: tuple[tuple[str, str], ...]) -> Observed:
    """Send one request, and return what came of it."""
    named = any(name.lower() == "host" for name, _ in headers)
    headers = headers if named else (("host", target.authority), *headers)
    started = perf_counter()
    try:
        async with httpx.AsyncClient(transport=way.transport, timeout=TIMEOUT) as http:
            request = http.build_request(method, way.url, headers=headers, extensions=dict(way.extensions))
            response = await http.send(request)
    except (httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError) as error:
        raise BadInput(f"this request cannot be sent: {error}") from error
    except (httpx.TransportError, ssl.SSLError) as error:
        # In TLS 1.3 a certificate may be refused after the handshake, when httpx no longer translates the error.
        return Observed(None, str(error) or type(error).__name__, perf_counter() - started, by_proxy=True)
    seconds = perf_counter() - started
    line = response.text.strip().splitlines()[0] if response.text.strip() else ""
    by_proxy = not response.content and "content-type" not in response.headers
    return Observed(response.status_code, line, seconds, by_proxy)
