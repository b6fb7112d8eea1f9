"""The needs that variables, arguments and files of workloads declare: the Services and pods that they name. Pure."""

import re
from collections.abc import Iterator

from meshpolicy.analysis.speech import spoken
from meshpolicy.core.client import Traffic
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.address import Address, addresses, hidden_hosts
from meshpolicy.ready.environment import Value, values
from meshpolicy.ready.manifest import Manifest, Written
from meshpolicy.ready.names import Behind, Named, Names
from meshpolicy.ready.need import Asking, Need, NeedKind, Unseen
from meshpolicy.record import replace

HOST_PART = re.compile(r"(?i)_?(host|hostname|host_?name|addr|address|server|service|endpoint|url|uri|name)$")
"""The end of a variable's name that may be replaced by `PORT` to get the variable with the port."""

Found = Need | Unseen


class Declared:
    """Reads what workloads declare."""

    def __init__(self, cluster: Cluster, written: Written) -> None:
        self._cluster = cluster
        self._written = written
        self.names = Names(cluster, written)

    def needs(self) -> Iterator[Found]:
        """Yield the needs of every workload, and what cannot be read."""
        for workload in self._cluster.workloads:
            for manifest in self._written.find(workload.ref.kind, workload.ref.namespace, workload.ref.name):
                linked = self.names.linked(workload.ref.namespace)
                for value in values(manifest, self._written, linked):
                    yield from self._of_value(workload, value) if isinstance(value, Value) else (value,)
                yield from self._peers(workload, manifest)

    def _of_value(self, workload: Workload, value: Value) -> Iterator[Found]:
        for variable in hidden_hosts(value.text, value.name):
            why = f"its address holds {variable}, which has no value"
            yield Unseen(value.place, str(workload.ref), value.what, why)
        for address in addresses(value.text, value.name):
            named = self.names.find(address.host, workload.ref.namespace)
            if named is not None and named.unknown:
                yield Unseen(value.place, str(workload.ref), value.what, named.unknown)
            elif named is not None:
                yield from self._to(workload, value, address, named)

    def _to(self, workload: Workload, value: Value, address: Address, named: Named) -> Iterator[Found]:
        """Yield the needs of one address."""
        port = address.port or _port_beside(value)
        found = list(self._behind(named, port))
        sure = address.sure and (bool(port) or len({one.port for one in found}) == 1)
        if not found and named.service is not None and named.service.selector and _has(named, port):
            why = f"{named.service.ref} leads to no workload of the input"
            yield Unseen(value.place, str(workload.ref), value.what, why)
        for one in found:
            caller = workload
            if one.workload.ref == workload.ref:
                if workload.alone or not sure:
                    continue  # a name of its own
                caller = as_peer(workload)
            yield Need(
                value.kind,
                caller,
                one.workload,
                one.port,
                value.place,
                value.what,
                one.target,
                self.asking(one, address.scheme, address.path),
                sure,
            )

    def _behind(self, named: Named, port: int) -> Iterator[Behind]:
        if not named.pods:
            yield from self.names.behind(named.service, port) if named.service is not None else ()
            return
        entries = named.service.ports if named.service is not None else ()
        for number in [port] if port else [entry.number for entry in entries]:
            yield from (Behind(pod, number) for pod in named.pods)

    def asking(self, one: Behind, scheme: str = "", path: str = "") -> Asking:
        """Return the request to a port through its Service; the method for a path is GET."""
        traffics = spoken(self._cluster, one.workload, one.port, scheme, one.entry)
        if path and Traffic.HTTP in traffics:
            return Asking(traffics, "GET", path)
        return Asking(traffics, "POST" if traffics == (Traffic.GRPC,) else "GET", "/", whole=False)

    def _peers(self, workload: Workload, manifest: Manifest) -> Iterator[Need]:
        """Yield the calls that pods of a StatefulSet may make to each other, on ports that only its own Service has."""
        named = self.names.find(manifest.spec.text("serviceName") or ".", workload.ref.namespace)
        service = None if named is None else named.service
        if workload.ref.kind != "StatefulSet" or workload.replicas < 2 or service is None or not service.headless:
            return
        others = {
            entry.number
            for other in self._cluster.services
            if not other.headless and other.selects(workload.ref.namespace, workload.labels)
            for entry in other.ports
        }
        place = manifest.place(manifest.spec, "serviceName")
        for one in self.names.behind(service, 0):
            if one.workload.ref == workload.ref and one.port not in others:
                asking = self.asking(one)
                yield Need(
                    NeedKind.PEER, as_peer(workload), workload, one.port, place, "serviceName", None, asking, sure=False
                )


def as_peer(workload: Workload) -> Workload:
    """Return a second pod of a workload, as a caller of the first."""
    return replace(workload, ref=replace(workload.ref, group="", kind="Pod"))


def _has(named: Named, port: int) -> bool:
    """Whether a Service has a port; port 0 stands for any."""
    return named.service is not None and any(port in (0, entry.number) for entry in named.service.ports)


def _port_beside(value: Value) -> int:
    """Return the port in the variable that belongs to a host's variable, such as `DB_PORT` for `DB_HOST`."""
    head = HOST_PART.sub("", value.name)
    for name in (f"{head}_PORT", f"{head}PORT", f"{value.name}_PORT", f"{head}_port"):
        text = value.siblings.get(name, "")
        if text.isdecimal() and 0 < int(text) <= 65535:
            return int(text)
    return 0
