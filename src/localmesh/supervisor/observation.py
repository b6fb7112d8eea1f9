"""The mesh as it is watched: its traffic, its refusals, and what changed lately."""

from collections.abc import AsyncIterator, Callable, Iterable
from ipaddress import IPv4Address
from pathlib import Path

from localmesh.control.mesh import Mesh
from localmesh.events import Event, Listener, PodChanged
from localmesh.observe.history import History
from localmesh.observe.views import Dropped, StatView, TapView
from localmesh.observe.watch import Watcher
from localmesh.pods.pod import Pod
from localmesh.relative import relative_paths
from meshpolicy.kinds.cluster import Cluster


class Observation:
    """Watches a mesh (a `localmesh.observe.watch.Watched`) while somebody asks."""

    def __init__(self, node: IPv4Address, manifests: Iterable[Path], checkout: Path | None) -> None:
        self.history = History()
        self.watcher = Watcher(self, _relative(tuple(manifests), checkout))
        self._node = node
        self._mesh: Mesh | None = None

    def begin(self, mesh: Mesh) -> None:
        """Say which mesh it is."""
        self._mesh = mesh

    def noting(self, report: Listener) -> Listener:
        """Return a listener that also keeps what happens to the pods."""

        def listen(event: Event) -> None:
            if isinstance(event, PodChanged):
                self.history.note("pod", f"{event.pod} is {event.phase}")
            report(event)

        return listen

    def pods(self) -> Iterable[Pod]:
        """Return the running pods."""
        return [runner.pod for runner in self._mesh.runners.values()] if self._mesh else []

    def cluster(self) -> Cluster:
        """Return the cluster as the applied manifests describe it; an empty one before the mesh runs."""
        return self._mesh.writer.cluster if self._mesh else Cluster()

    def node(self) -> IPv4Address:
        """Return the address that the kubelet's probes come from."""
        return self._node

    async def stat(self, window: int, *, by_pod: bool) -> StatView:
        """Return the rates of every edge over the last `window` seconds."""
        return await self.watcher.stat(window, by_pod=by_pod)

    def tap(self, mesh: Mesh, name: str) -> AsyncIterator[TapView | Dropped]:
        """Yield the requests of the pod or workload `name`; raises BadInput immediately if the name is unknown."""
        workload = mesh.group(name).workload.ref
        one = name in mesh.members

        def wanted(pod: Pod) -> bool:
            return pod.name == name if one else pod.workload == workload

        return self.watcher.tap(wanted)


def _relative(manifests: tuple[Path, ...], checkout: Path | None) -> Callable[[str], str]:
    """Return a function that writes paths in a text relative to the checkout; without one, texts stay unchanged."""
    return lambda text: relative_paths(text, manifests, checkout) if checkout else text
