"""The collector to which a mesh forwards spans, as set by OpenTelemetry's environment variables."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from localmesh.errors import BadInput
from localmesh.pods.spans import PATH

_PREFIX = "OTEL_EXPORTER_OTLP_"
_OWN = f"{_PREFIX}TRACES_ENDPOINT"
_HTTP, _GRPC = "http/protobuf", "grpc"
EXPORTER = "OTEL_TRACES_EXPORTER"

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
"""A header's value that both OTLP transports accept (RFC 9110, 5.1 and 5.5)."""


@dataclass(frozen=True, slots=True)
class Collector:
    """An OTLP collector."""

    url: str
    """For HTTP the URL with the path; for gRPC the channel's target (`host:4317`, `unix:/path`)."""
    grpc: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers of every request; they may hold a secret."""
    tls: bool = False
    authority: str = ""
    """File with the trusted certificate authorities; empty: those of the machine."""

    @property
    def shown(self) -> str:
        """The URL for messages, without everything up to an `@`, which may hold a password."""
        return self.url.rpartition("@")[2] if "@" in self.url else self.url


def wanted(environ: Mapping[str, str]) -> bool:
    """Whether spans may be forwarded at all: False if `OTEL_TRACES_EXPORTER` is `none`."""
    return environ.get(EXPORTER, "").strip().lower() != "none"


def collector(environ: Mapping[str, str]) -> Collector | None:
    """Return the collector in the environment, or None; raises BadInput with everything that is wrong about it.

    https://opentelemetry.io/docs/specs/otel/protocol/exporter/: what is set for traces alone goes before the rest.
    """
    if reasons := collector_reasons(environ):
        raise BadInput(*reasons, hint=f"{EXPORTER}=none keeps spans in the mesh alone")
    variable, endpoint = _endpoint(environ)
    if not endpoint or not wanted(environ):
        return None
    parts = urlsplit(endpoint)
    over_grpc = _protocol(environ) == _GRPC
    as_it_is = variable == _OWN
    url = parts.netloc if over_grpc else endpoint if as_it_is else endpoint.rstrip("/") + PATH
    return Collector(
        url, over_grpc, _headers(_of(environ, "HEADERS")), parts.scheme == "https", _of(environ, "CERTIFICATE")
    )


def collector_reasons(environ: Mapping[str, str]) -> list[str]:
    """Return everything that is wrong about the collector in the environment."""
    variable, endpoint = _endpoint(environ)
    if not endpoint or not wanted(environ):
        return []
    return [
        *_wrong_endpoint(variable, endpoint),
        *_wrong_protocol(_protocol(environ)),
        *_wrong_headers(_headers(_of(environ, "HEADERS"))),
        *_wrong_certificate(_of(environ, "CERTIFICATE")),
    ]


def _endpoint(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the name and the value of the variable that sets the collector."""
    variable = _OWN if environ.get(_OWN) else f"{_PREFIX}ENDPOINT"
    return variable, environ.get(variable, "")


def _protocol(environ: Mapping[str, str]) -> str:
    return _of(environ, "PROTOCOL") or _HTTP


def _of(environ: Mapping[str, str], name: str) -> str:
    return environ.get(f"{_PREFIX}TRACES_{name}", "") or environ.get(f"{_PREFIX}{name}", "")


def _wrong_endpoint(variable: str, endpoint: str) -> list[str]:
    try:
        parts = urlsplit(endpoint)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    # It may hold a password.
    return [] if good and endpoint.isprintable() else [f"{variable}: expected an http:// or https:// URL"]


def _wrong_protocol(protocol: str) -> list[str]:
    if protocol in (_HTTP, _GRPC):
        return []
    return [f"{_PREFIX}PROTOCOL={protocol}: expected {_HTTP} or {_GRPC}"]


def _wrong_headers(headers: Mapping[str, str]) -> list[str]:
    wrong = [name for name, value in headers.items() if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value)]
    # A value may be a password.
    return [f"{_PREFIX}HEADERS: {name!r}: expected a name and a value of printable ASCII" for name in wrong]


def _wrong_certificate(path: str) -> list[str]:
    if not path:
        return []
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        words = (error.strerror if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else "") or ""
        return [f"{_PREFIX}CERTIFICATE={path}: {words or 'expected certificates as PEM'}"]
    return []


def _headers(text: str) -> dict[str, str]:
    """Return the headers that are written as `name=value,other=value`, with `%` before what has a meaning there."""
    pairs = [part.partition("=") for part in text.split(",") if "=" in part]
    return {unquote(name).strip().lower(): unquote(value).strip() for name, _, value in pairs}
