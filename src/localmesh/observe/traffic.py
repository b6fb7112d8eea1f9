"""Requests by edge and second over the last minute, in bounded memory. No I/O."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from localmesh.observe.entry import Entry
from localmesh.observe.latency import Latencies, bucket, quantile
from localmesh.observe.parties import Party
from localmesh.observe.views import EdgeView

WINDOW = 60
"""The longest window, in seconds."""
MOST_EDGES = 1000
"""Most edges kept; the least recently used ones are dropped."""
PLAIN = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A client, a server, its port, and the TLS version between them."""

    source: Party
    destination: Party
    port: str
    tls: str
    """TLS version; empty for plain text."""

    def as_workloads(self) -> "Edge":
        """Return the edge between the workloads instead of the pods."""
        return Edge(self.source.as_workload(), self.destination.as_workload(), self.port, self.tls)


@dataclass(slots=True)
class Cell:
    """Counts of one edge over one or several seconds."""

    requests: int = 0
    """The number of requests that were not refused."""
    failures: int = 0
    refused: int = 0
    latencies: Latencies = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        """Count one request."""
        if entry.refused:
            self.refused += 1
            return
        self.requests += 1
        self.failures += not entry.succeeded
        self.latencies[bucket(entry.seconds)] += 1

    def take_in(self, other: "Cell") -> None:
        """Add the counts of another cell."""
        self.requests += other.requests
        self.failures += other.failures
        self.refused += other.refused
        self.latencies.update(other.latencies)


class Traffic:
    """The traffic of the last minute."""

    def __init__(self) -> None:
        self._edges: OrderedDict[Edge, dict[int, Cell]] = OrderedDict()
        self.forgotten = 0
        """Number of edges dropped because there were too many."""

    def add(self, edge: Edge, entry: Entry) -> None:
        """Count a request in the second in which it ended."""
        seconds = self._edges.setdefault(edge, {})
        self._edges.move_to_end(edge)
        seconds.setdefault(int(entry.ended), Cell()).add(entry)
        if len(self._edges) > MOST_EDGES:
            self._edges.popitem(last=False)
            self.forgotten += 1

    def tidy(self, now: float) -> None:
        """Drop counts older than the longest window."""
        oldest = int(now) - WINDOW - 1
        for edge, seconds in list(self._edges.items()):
            for second in [second for second in seconds if second < oldest]:
                del seconds[second]
            if not seconds:
                del self._edges[edge]

    def rates(self, now: float, window: int, *, by_pod: bool) -> list[EdgeView]:
        """Return every edge with its rates over the last `window` whole seconds.

        The current second and the one before it do not count, because the sidecars may still be logging their requests.
        """
        last = int(now) - 1
        merged: dict[Edge, Cell] = {}
        for edge, cell in self._cells(lambda second: last - window <= second < last):
            merged.setdefault(edge if by_pod else edge.as_workloads(), Cell()).take_in(cell)
        return sorted((_view(edge, cell, window) for edge, cell in merged.items()), key=_order)

    def _cells(self, within: Callable[[int], bool]) -> Iterator[tuple[Edge, Cell]]:
        for edge, seconds in self._edges.items():
            for second, cell in seconds.items():
                if within(second):
                    yield edge, cell


def _view(edge: Edge, cell: Cell, window: int) -> EdgeView:
    return EdgeView(
        source=edge.source.name,
        source_namespace=edge.source.namespace,
        client_id=edge.source.identity,
        destination=edge.destination.name,
        destination_namespace=edge.destination.namespace,
        server_id=edge.destination.identity,
        port=edge.port,
        tls=edge.tls,
        rps=cell.requests / window,
        success=(cell.requests - cell.failures) / cell.requests if cell.requests else None,
        unauthorized=cell.refused / window,
        latency_p50=_milliseconds(cell, 0.50),
        latency_p95=_milliseconds(cell, 0.95),
        latency_p99=_milliseconds(cell, 0.99),
    )


def _milliseconds(cell: Cell, share: float) -> float | None:
    found = quantile(cell.latencies, share)
    return None if found is None else round(found * 1000, 3)


def _order(view: EdgeView) -> tuple[bool, str, str, str]:
    """Return the sort key: traffic of the mesh first, the kubelet's probes last."""
    return view.source == "kubelet", view.source, view.destination, view.port
