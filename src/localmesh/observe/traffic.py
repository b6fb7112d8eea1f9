"""Requests by edge and second, for as long as the longest window; the memory is bounded. Pure."""

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
"""When there are more, those that were not used for longest are forgotten."""
PLAIN = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """Who calls whom, and how."""

    source: Party
    destination: Party
    port: str
    tls: str
    """The version of TLS between the two; empty for plain text."""

    def as_workloads(self) -> "Edge":
        """Return it with the pods of each workload as one."""
        return Edge(self.source.as_workload(), self.destination.as_workload(), self.port, self.tls)


@dataclass(slots=True)
class Cell:
    """What happened on one edge in one second, or in several."""

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
        """Count what another one has counted."""
        self.requests += other.requests
        self.failures += other.failures
        self.refused += other.refused
        self.latencies.update(other.latencies)


class Traffic:
    """The last minute."""

    def __init__(self) -> None:
        self._edges: OrderedDict[Edge, dict[int, Cell]] = OrderedDict()
        self.forgotten = 0
        """How many edges were more than are kept."""

    def add(self, edge: Edge, entry: Entry) -> None:
        """Count a request in the second in which it ended."""
        seconds = self._edges.setdefault(edge, {})
        self._edges.move_to_end(edge)
        seconds.setdefault(int(entry.ended), Cell()).add(entry)
        if len(self._edges) > MOST_EDGES:
            self._edges.popitem(last=False)
            self.forgotten += 1

    def tidy(self, now: float) -> None:
        """Forget what is older than the longest window."""
        oldest = int(now) - WINDOW - 1
        for edge, seconds in list(self._edges.items()):
            for second in [second for second in seconds if second < oldest]:
                del seconds[second]
            if not seconds:
                del self._edges[edge]

    def rates(self, now: float, window: int, *, by_pod: bool) -> list[EdgeView]:
        """Return every edge with its rates over the last `window` whole seconds.

        The second that has not ended, and the one before it, which the sidecars may still be writing, do not count.
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
    """Traffic of the mesh first, what the kubelet asks last."""
    return view.source == "kubelet", view.source, view.destination, view.port
