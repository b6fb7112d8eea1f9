"""Turns observed calls into needs, each with its line of the log. Pure."""

import re
from collections.abc import Iterable, Iterator

from meshpolicy.analysis.speech import spoken
from meshpolicy.core.client import Traffic
from meshpolicy.core.labels import ANY as ANY_LABELS
from meshpolicy.core.ref import Ref
from meshpolicy.decide.transport import find_service_target, identity_of
from meshpolicy.index.defaults import probe_paths
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.declared import as_peer
from meshpolicy.ready.names import Names
from meshpolicy.ready.need import Asking, Need, NeedKind, Party, Unseen
from meshpolicy.traffic.call import Caller, CallerKind, ObservedCall, Outcome

ENDING = re.compile(r"(?:-[a-z0-9]+){0,3}")
"""The part of a pod's name that a controller appends to its own name."""

Found = Need | Unseen


class Observed:
    """Finds the workloads between which calls were observed."""

    def __init__(self, cluster: Cluster, names: Names) -> None:
        self._cluster = cluster
        self._names = names
        self._by_identity: dict[str, Workload] = {}
        for one in cluster.workloads:
            self._by_identity.setdefault(identity_of(cluster, one), one)

    def needs(self, calls: Iterable[ObservedCall]) -> Iterator[Found]:
        """Yield the needs; calls that are already refused are left out, as deny cannot break them."""
        for call in calls:
            if call.outcome is not Outcome.REFUSED:
                yield from self._of(call)

    def _of(self, call: ObservedCall) -> Iterator[Found]:
        caller = self._caller(call.client)
        if caller is None:
            who = call.client.name or call.client.address or "somebody"
            yield Unseen(call.place, who, call.request, "the log does not say who called")
            return
        servers = list(self._servers(call, caller))
        if not servers:
            who = caller if isinstance(caller, Party) else str(caller.ref)
            yield Unseen(call.place, who, call.request, "the log does not say which port of which workload was called")
        for server, port in servers:
            own = caller
            if isinstance(caller, Workload) and caller.ref == server.ref:
                if server.alone:
                    continue  # it calls itself
                own = as_peer(server)
            yield self._need(call, own, server, port)

    def _need(self, call: ObservedCall, caller: Workload | Party, server: Workload, port: int) -> Need:
        asking = self._asking(call, server, port)
        if caller is Party.OUTSIDE and asking.path in probe_paths(server, port):
            caller = Party.KUBELET
        through = find_service_target(self._cluster, server, port) if isinstance(caller, Workload) else None
        sure = call.outcome is Outcome.ALLOWED
        return Need(NeedKind.OBSERVED, caller, server, port, call.place, call.request, through, asking, sure)

    def _asking(self, call: ObservedCall, server: Workload, port: int) -> Asking:
        if not call.http:
            return Asking((Traffic.TCP,), whole=False)
        traffics = tuple(one for one in spoken(self._cluster, server, port) if one.is_http) or (Traffic.HTTP,)
        if call.path is None or call.method is None:
            return Asking(traffics, call.method or "GET", "/", whole=False)
        path = call.path + (f"?{call.query}" if call.query else "")
        return Asking(traffics, call.method, path, (call.host or "").rpartition(":")[0] or call.host or "")

    def _caller(self, client: Caller) -> Workload | Party | None:
        match client.kind:
            case CallerKind.IDENTITY:
                return self._by_identity.get(client.identity) or self._account(client.identity)
            case CallerKind.WORKLOAD:
                return next(iter(self._named(client.name, "")), None)
            case CallerKind.UNMESHED:
                if client.name == "kubelet":
                    return Party.KUBELET
                own = [one for one in self._cluster.workloads if client.address in map(str, one.addresses)]
                return own[0] if own else Party.OUTSIDE
            case _:
                return None

    def _account(self, identity: str) -> Workload | None:
        """Return a caller for an identity that no workload of the input has."""
        name, _, rest = identity.partition(".")
        namespace = rest.partition(".")[0]
        if identity != self._cluster.settings.identity(namespace, name):
            return None
        ref = Ref("", "ServiceAccount", namespace, name)
        return Workload(ref, ANY_LABELS, service_account=name, meshed=True)

    def _servers(self, call: ObservedCall, caller: Workload | Party) -> Iterator[tuple[Workload, int]]:
        """Yield the workloads and ports that a call reached: found by the reporting pod, or else by the host."""
        server = call.server
        own = list(self._named(server.workload or server.pod, server.namespace))
        if not own and server.address:
            own = [one for one in self._cluster.workloads if server.address in map(str, one.addresses)]
        if server.port:
            yield from ((one, server.port) for one in own)
            return
        host, _, port = (call.host or "").partition(":")
        space = caller.ref.namespace if isinstance(caller, Workload) else server.namespace
        found = self._names.find(host, space) if host else None
        if found is None or found.service is None:
            return
        number = int(port) if port.isdecimal() else 80
        for one in self._names.behind(found.service, number):
            if not own or one.workload in own:
                yield one.workload, one.port

    def _named(self, name: str, namespace: str) -> list[Workload]:
        """Return the workload with a name, or else the one whose name is the longest prefix of this pod name."""
        near = [one for one in self._cluster.workloads if name and namespace in ("", one.ref.namespace)]
        found = [one for one in near if name.startswith(one.ref.name) and _ends(name[len(one.ref.name) :])]
        longest = max((len(one.ref.name) for one in found), default=0)
        best = [one for one in found if len(one.ref.name) == longest]
        return best if len(best) == 1 else []


def _ends(rest: str) -> bool:
    return ENDING.fullmatch(rest) is not None
