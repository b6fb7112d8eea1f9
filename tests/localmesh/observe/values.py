"""Values that the tests of the traffic speak of."""

import json

from localmesh.observe.entry import Entry, from_line
from localmesh.observe.views import EdgeView, TapView

PINGER = "pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"
PONGER = "ponger.pingpong.serviceaccount.identity.linkerd.cluster.local"


def line(**fields: object) -> str:
    """Return a line as a sidecar writes it for a ping that was let through, with other fields than that."""
    return json.dumps(
        {
            "authority": "ponger.pingpong.svc.cluster.local",
            "authorization": "AuthorizationPolicy pingpong/pinger-may-ping",
            "details": "via_upstream",
            "direction": "inbound",
            "flags": "-",
            "identity": PINGER,
            "method": "GET",
            "microseconds": 2500,
            "milliseconds": 2,
            "path": "/ping",
            "peer": "127.244.0.5",
            "port": 8080,
            "protocol": "HTTP/1.1",
            "route": "HTTPRoute pingpong/ponger-offer",
            "status": 200,
            "time": "2026-01-01T00:00:00.000Z",
            "tls": "TLSv1.3",
            "upstream": "/s/pods/ponger-0/app/http.sock",
            "upstream_identity": "",
        }
        | fields
    )


def entry(where: object = "ponger-0", **fields: object) -> Entry:
    """Return such a line as it is read."""
    found = from_line(str(where), line(**fields))
    assert found is not None
    return found


def edge_view(**fields: object) -> EdgeView:
    """Return the edge of a ping."""
    defaults: dict[str, object] = {
        "source": "pinger-0",
        "source_namespace": "pingpong",
        "client_id": PINGER,
        "destination": "ponger-0",
        "destination_namespace": "pingpong",
        "server_id": PONGER,
        "port": "http",
        "tls": "TLSv1.3",
        "rps": 1.5,
        "success": 1.0,
        "unauthorized": 0.0,
        "latency_p50": 1.5,
        "latency_p95": 10.0,
        "latency_p99": 1200.0,
    }
    return EdgeView(**{**defaults, **fields})  # type: ignore[arg-type]


def tap_view(**fields: object) -> TapView:
    """Return a ping as `tap` tells of it."""
    defaults: dict[str, object] = {
        "time": 1_767_225_600.0,
        "pod": "ponger-0",
        "proxy": "in",
        "source": "pinger-0",
        "destination": "ponger-0",
        "client_id": PINGER,
        "tls": True,
        "method": "GET",
        "authority": "ponger",
        "path": "/ping",
        "status": 200,
        "latency": 1.5,
        "verdict": "allow",
        "route": "HTTPRoute pingpong/ponger-offer",
        "authorization": "AuthorizationPolicy pingpong/pinger-may-ping",
        "flags": "",
        "trace": "",
        "port": 8080,
        "peer": "127.1.0.1",
    }
    return TapView(**{**defaults, **fields})  # type: ignore[arg-type]
