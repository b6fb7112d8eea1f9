"""The content of the page as JSON values, computed from the current state. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from localmesh.observe.history import History
from localmesh.observe.probed import VerifiedView
from localmesh.observe.watch import Watcher
from localmesh.traces.store import TraceStore
from localmesh.traces.trace import Trace
from localmesh.views import MeshView

Json = dict[str, Any]
RATE_WINDOW = 10
"""Window of the page's rates in seconds: short enough to show a change, long enough for one request per second."""
MOST_TRACES = 25
MOST_REFUSALS = 50
MOST_CHANGES = 50


class Shown(Protocol):
    """The sources of the page's content."""

    watcher: Watcher
    history: History
    verified: VerifiedView | None

    def view(self) -> MeshView:
        """Return the state of the whole mesh."""

    def callers(self) -> Iterable[str]:
        """Return all possible clients, by their names in the access table."""

    @property
    def store(self) -> TraceStore:
        """The latest traces."""

    def metrics(self) -> bytes:
        """Return the sidecars' metrics in Prometheus' text format."""


def mesh(shown: Shown) -> Json:
    """Return the pods, the ingress and the access table."""
    found = shown.view()
    return {
        "pods": [asdict(pod) for pod in found.pods],
        "ingress": asdict(found.ingress) if found.ingress else None,
        "access": [asdict(line) for line in found.access],
        "callers": list(shown.callers()),
        "verified": asdict(shown.verified) if shown.verified else None,
        "lifetime": _seconds(found.settings),
    }


def _seconds(settings: Mapping[str, str]) -> float:
    return float(settings.get("LOCALMESH_CERTIFICATE_LIFETIME", "0s").removesuffix("s"))


def edges(shown: Shown, now: float) -> Json:
    """Return the rates of the last RATE_WINDOW seconds, by pod."""
    found = shown.watcher.traffic.rates(now, RATE_WINDOW, by_pod=True)
    return {"window": RATE_WINDOW, "edges": [{**asdict(edge), "secured": edge.secured} for edge in found]}


def refusals(shown: Shown, after: int) -> list[Json]:
    """Return the latest refusals numbered above `after`, at most MOST_REFUSALS."""
    found = [asdict(one) for one in shown.watcher.refusals.latest if one.number > after]
    return found[-MOST_REFUSALS:]


def changes(shown: Shown, after: int) -> list[Json]:
    """Return the latest changes numbered above `after`, at most MOST_CHANGES."""
    found = [asdict(one) for one in shown.history.latest if one.number > after]
    return found[-MOST_CHANGES:]


def traces(store: TraceStore) -> list[Json]:
    """Return a summary of each of the latest traces, latest first."""
    return [_summary(trace) for trace in store.latest()[:MOST_TRACES]]


def _summary(trace: Trace) -> Json:
    root = trace.root
    return {
        "id": trace.trace_id,
        "start": trace.start / 1e9,
        "name": root.name,
        "service": root.service,
        "milliseconds": trace.seconds * 1000,
        "spans": len(trace.spans),
        "services": list(trace.services),
        "failed": trace.failed,
    }


def waterfall(trace: Trace) -> Json:
    """Return a trace with the depth and offset (milliseconds) of every span."""
    return {
        **_summary(trace),
        "rows": [
            {
                "depth": depth,
                "name": span.name,
                "kind": span.kind,
                "service": span.service,
                "pod": span.pod,
                "offset": (span.start - trace.start) / 1e6,
                "milliseconds": span.seconds * 1000,
                "status": span.status,
                "message": span.message,
                "attributes": {name: str(value) for name, value in sorted(span.attributes.items())},
            }
            for depth, span in trace.tree()
        ],
    }
