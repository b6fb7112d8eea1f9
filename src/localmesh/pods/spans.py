"""Where the programs of a pod send their spans, and the tokens that identify them. A value: no I/O."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import quote

PATH = "/v1/traces"
"""The path of OTLP over HTTP."""
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""OpenTelemetry's environment variable for the collector's URL."""
ENDPOINTS = (ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "PINGPONG_OTLP_ENDPOINT")
"""All variables that name a collector."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """The mesh's span receiver, and the share (0 to 1) of new traces that is recorded."""

    address: IPv4Address
    port: int
    ratio: float

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"http://{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class SpanExport:
    """The receiver to which one program of a pod sends its spans, and the program's token."""

    receiver: Receiver
    token: str

    @property
    def sampling(self) -> Mapping[str, str]:
        """The variables that set an app's sampling; a variable in the manifest wins."""
        ratio = f"{self.receiver.ratio:g}"
        return {
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": ratio,
            "PINGPONG_TRACE_RATIO": ratio,
            # Milliseconds: short, because people look at a trace right after the request.
            "OTEL_BSP_SCHEDULE_DELAY": "500",
        }

    @property
    def destination(self) -> Mapping[str, str]:
        """The variables that send an app's spans here, bypassing its sidecar, which would trace these requests too."""
        url, host = self.receiver.url, str(self.receiver.address)
        return {
            ENDPOINT: url,
            "PINGPONG_OTLP_ENDPOINT": url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={quote(f'Bearer {self.token}')}",
            "NO_PROXY": host,
            "no_proxy": host,
        }


def disabled(environ: Mapping[str, str]) -> bool:
    """Whether OpenTelemetry is disabled (OTEL_SDK_DISABLED=true), so that no program makes spans."""
    return environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


@dataclass(frozen=True, slots=True)
class SpanSender:
    """The sender of spans, identified by its token."""

    pod: str
    sidecar: bool
    """Whether the sender is the pod's sidecar; an app may not report policy decisions."""


def token(secret: str, key: str = "") -> str:
    """Return the token that a program sends with its spans; the secret cannot be derived from it.

    A sidecar's token also depends on `key`, because its app knows the secret.
    """
    return hmac.digest(secret.encode(), f"spans{key}".encode(), "sha256").hex()
