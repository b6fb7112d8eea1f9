"""Writes calls as those tools do whose logs and metrics are read; by their own rules, not by those of the readers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import strategies as st

IDENTITIES = (
    "web.shop.serviceaccount.identity.linkerd.cluster.local",
    "default.default.serviceaccount.identity.linkerd.cluster.local",
    "spiffe://root/elsewhere",
)
PODS = ("web-6d4cf56db6-xk2lq", "db-0", "a")
PATHS = ("/", "/ping", "/orders/17", "/a%2Fb", "/.well-known/x", "/a;b=c", "/~u", "//", "/{x}", '/"', "*")


@dataclass(frozen=True)
class Sent:
    """One call, by what all forms can tell of it."""

    pod: str
    identity: str
    peer: str
    method: str
    host: str
    path: str
    query: str | None
    status: int
    at: int
    """Seconds since 1970."""
    port: int = 8080

    @property
    def target(self) -> str:
        """The request target in origin form."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def stamp(self) -> str:
        """The time as both proxies write it."""
        return datetime.fromtimestamp(self.at, UTC).isoformat().replace("+00:00", "Z")


SENT = st.builds(
    Sent,
    st.sampled_from(PODS),
    st.sampled_from(("", *IDENTITIES)),
    st.sampled_from(("10.42.0.63", "127.0.0.9", "fd00::7")),
    st.sampled_from(("GET", "POST", "DELETE", "PATCH", "OPTIONS", "x")),
    st.sampled_from(("webapp:7000", "ponger.pingpong.svc.cluster.local", "10.42.0.7:8080", "[fd00::1]:80")),
    st.sampled_from(PATHS[:-1]),
    st.sampled_from((None, "", "a=b", "q=/x?y")),
    st.sampled_from((200, 204, 301, 400, 403, 404, 429, 500, 503)),
    st.integers(0, 2**31),
)


def peer(sent: Sent) -> str:
    """Return an address with a port, as Rust prints it."""
    return f"[{sent.peer}]:51160" if ":" in sent.peer else f"{sent.peer}:51160"


def linkerd_json(sent: Sent, *, absolute: bool) -> str:
    """Return a line of Linkerd's access log in JSON; a meshed request comes with the whole URI."""
    fields = {
        "client.addr": peer(sent),
        "client.id": sent.identity or "-",
        "host": "" if absolute else sent.host,
        "method": sent.method,
        "processing_ns": "39826",
        "request_bytes": "",
        "response_bytes": "19627",
        "status": sent.status,
        "timestamp": sent.stamp,
        "total_ns": "18837763",
        "trace_id": "",
        "uri": f"http://{sent.host}{sent.target}" if absolute else sent.target,
        "user_agent": "Go-http-client/1.1",
        "version": "HTTP/2.0" if absolute else "HTTP/1.1",
    }
    return json.dumps(fields, separators=(",", ":"))


def linkerd_apache(sent: Sent) -> str:
    """Return a line of Linkerd's access log in the form of the Apache server."""
    uri = f"http://{sent.host}{sent.target}"
    head = f"{peer(sent)} {sent.identity or '-'} - [{sent.stamp}]"
    return f'{head} "{sent.method} {uri} HTTP/2.0" {sent.status}'


def tap(sent: Sent) -> str:
    """Return a line of `just tap --output json`."""
    verdict = {403: "forbidden", 404: "not found", 429: "rate limited"}.get(sent.status, "allow")
    return json.dumps(
        {
            "time": float(sent.at), "pod": sent.pod, "proxy": "in", "source": "web-1", "destination": sent.pod,
            "client_id": sent.identity, "tls": bool(sent.identity), "method": sent.method, "authority": sent.host,
            "path": sent.target, "status": sent.status, "latency": 1.5, "verdict": verdict, "route": "",
            "authorization": "", "flags": "", "trace": "", "port": sent.port, "peer": sent.peer,
        }
    )  # fmt: skip


def sidecar(sent: Sent) -> str:
    """Return a line of a sidecar's access log, in which empty values are left out."""
    details = {403: "rbac_access_denied_matched_policy[none]", 404: "route_not_found", 429: "local_rate_limited"}
    refused = sent.status in details
    fields: Mapping[str, object] = {
        "direction": "inbound", "time": sent.stamp, "port": sent.port, "peer": sent.peer, "identity": sent.identity,
        "upstream": None if refused else "/run/app.sock", "milliseconds": 3, "tls": "TLSv1.3" if sent.identity else "",
        "method": sent.method, "authority": sent.host, "path": sent.target, "status": sent.status,
        "details": details.get(sent.status, "via_upstream"),
    }  # fmt: skip
    return json.dumps({name: value for name, value in fields.items() if value not in (None, "")})


def labels(sent: Sent) -> dict[str, str]:
    """Return the labels of an inbound series."""
    secured = {"tls": "true", "client_id": sent.identity} if sent.identity else {"tls": "no_identity"}
    return {
        "namespace": "shop", "pod": sent.pod, "deployment": "web", "direction": "inbound", "authority": sent.host,
        "target_addr": f"10.42.0.7:{sent.port}", "target_ip": "10.42.0.7", "target_port": str(sent.port), **secured,
        "srv_group": "policy.linkerd.io", "srv_kind": "server", "srv_name": "web-http", "srv_port": str(sent.port),
        "route_name": "default", "status_code": str(sent.status), "classification": "success",
    }  # fmt: skip


def exposition(sent: Sent, count: int) -> str:
    """Return a series in the text format."""
    told = ",".join(f'{name}="{value}"' for name, value in labels(sent).items())
    return f"response_total{{{told}}} {count}"


def answer(sent: Sent, count: int) -> dict[str, object]:
    """Return a series as the query API answers."""
    return {"metric": {"__name__": "response_total", **labels(sent)}, "value": [float(sent.at), str(count)]}
