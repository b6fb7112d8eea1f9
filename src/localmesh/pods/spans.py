"""Where the programs of a pod send their spans, and by what they show that they are the pod's. A value: no I/O."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import quote

PATH = "/v1/traces"
"""The path of OTLP over HTTP."""
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""OpenTelemetry's own variable for where spans go."""
ENDPOINTS = (ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "PINGPONG_OTLP_ENDPOINT")
"""All variables that name a collector."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a mesh takes spans, and which share of the traces that begin in it is recorded."""

    address: IPv4Address
    port: int
    ratio: float

    @property
    def url(self) -> str:
        """The address without a path."""
        return f"http://{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class SpanExport:
    """Where one program of a pod sends its spans, with its own token."""

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
            # Milliseconds; whoever looks at a trace has just made the request.
            "OTEL_BSP_SCHEDULE_DELAY": "500",
        }

    @property
    def destination(self) -> Mapping[str, str]:
        """The variables that send an app's spans here, bypassing its sidecar, which would make spans of them."""
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
    """Whether nobody makes spans at all: OpenTelemetry's own switch."""
    return environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


@dataclass(frozen=True, slots=True)
class SpanSender:
    """Who has sent spans, known by the token that came with them."""

    pod: str
    sidecar: bool
    """Whether it is the pod's sidecar; else it is an app, which may not say what a policy did."""


def token(secret: str, key: str = "") -> str:
    """Return what a program shows with its spans; the secret that it is made from does not follow from it.

    A sidecar's is made with a key besides, as its app knows the secret.
    """
    return hmac.digest(secret.encode(), f"spans{key}".encode(), "sha256").hex()
