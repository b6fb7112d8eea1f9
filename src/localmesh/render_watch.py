"""How traffic is shown in a terminal. No I/O."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from localmesh.observe.views import EdgeView, StatView, TapView
from localmesh.render import table

NOTHING = "-"


def stat(found: StatView) -> RenderableType:
    """Return a table with one line for each edge, with its rates."""
    if not found.edges:
        return _silent(found)
    rows = table("SRC", "DST", "SUCCESS", "RPS", "UNAUTHORIZED", "P50", "P95", "P99", gap=2)
    for edge in found.edges:
        rows.add_row(
            edge.source,
            f"{_short(edge.destination)}:{edge.port}" if edge.port else _short(edge.destination),
            _success(edge),
            _rate(edge.rps),
            _rate(edge.unauthorized),
            *(_latency(value) for value in (edge.latency_p50, edge.latency_p95, edge.latency_p99)),
        )
    return rows


def edges(found: StatView) -> RenderableType:
    """Return a table with one line for each edge, with the identities of both ends."""
    if not found.edges:
        return _silent(found)
    rows = table("SRC", "DST", "CLIENT_ID", "SERVER_ID", "SECURED", "TLS", gap=2)
    for edge in _once(found.edges):
        rows.add_row(
            edge.source,
            _short(edge.destination),
            short_identity(edge.client_id) or NOTHING,
            short_identity(edge.server_id) or NOTHING,
            Text("√", "green") if edge.secured else Text(_insecure(edge), "red"),
            edge.tls or NOTHING,
        )
    return rows


def _short(destination: str) -> str:
    """Return a Service's name without the cluster's domain, so that the table fits 80 columns."""
    return destination.removesuffix(".svc.cluster.local")


def _once(found: Iterable[EdgeView]) -> Iterable[EdgeView]:
    """Return the edges, leaving out those that `edges` would show alike."""
    return {(edge.source, edge.destination, edge.client_id, edge.server_id, edge.tls): edge for edge in found}.values()


def short_identity(identity: str) -> str:
    """Return `account.namespace` of a ServiceAccount's identity; other identities stay whole."""
    return identity.split(".serviceaccount.")[0]


def tapped(found: TapView) -> str:
    """Return one request as a line."""
    granted = found.authorization or found.route
    parts = [
        f"{found.proxy:3}",
        f"src={found.source}",
        f"dst={found.destination}",
        f"tls={'true' if found.tls else 'false'}",
        *([f":method={found.method}", f":authority={found.authority}", f":path={found.path}"] if found.method else []),
        *([f":status={found.status}"] if found.method else []),
        f"latency={round(found.latency * 1000)}µs",
        f"verdict={found.verdict!r}" if " " in found.verdict else f"verdict={found.verdict}",
        *([f"by={granted!r}"] if granted else []),
    ]
    return " ".join(parts)


def _silent(found: StatView) -> Text:
    return Text(f"No request has ended in the last {found.window} s.")


def _insecure(edge: EdgeView) -> str:
    return "no identity" if edge.tls else "no TLS"


def _success(edge: EdgeView) -> Text:
    if edge.success is None:
        return Text(NOTHING)
    style = "green" if edge.success >= 0.99 else "red"
    return Text(f"{_floor(edge.success):.2f}%", style)


def _floor(share: float) -> float:
    """Return a share in per cent, rounded down, so that 100 means no failure at all."""
    return int(share * 10_000) / 100


def _rate(rate: float) -> str:
    if not rate:
        return NOTHING
    return f"{rate:.1f}" if rate >= 1 else f"{rate:.2f}"


def _latency(milliseconds: float | None) -> str:
    if milliseconds is None:
        return NOTHING
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.1f}s"
    return f"{milliseconds:.0f}ms" if milliseconds >= 10 else f"{milliseconds:.1f}ms"
