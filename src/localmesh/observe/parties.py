"""Client and server of a request: a pod, an account without a pod here, or somebody outside the mesh.

Only a verified identity makes a client a meshed pod: any process on the machine can use a pod's address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

from localmesh.observe.entry import Entry
from localmesh.pods.pod import Pod

KUBELET = "kubelet"
UNMESHED = "unmeshed"
OUTSIDE = "outside"
GATEWAY = "Gateway"


@dataclass(frozen=True, slots=True)
class Party:
    """The client or the server of a request."""

    name: str
    """A pod's name, `namespace/account`, the Service as it was called, or one of the words above."""
    workload: str
    """The pod's workload; equal to `name` if the party is not a pod."""
    namespace: str = ""
    identity: str = ""

    def as_workload(self) -> "Party":
        """Return the party that stands for all pods of its workload."""
        return Party(self.workload, self.workload, self.namespace, self.identity)


@dataclass(frozen=True, slots=True)
class Parties:
    """The parties known from the current pods."""

    pods: dict[str, Pod]
    by_address: dict[str, Pod]
    node: str

    @classmethod
    def of(cls, pods: Iterable[Pod], node: IPv4Address) -> "Parties":
        """Return the parties for these pods; `node` is the source address of the kubelet's probes."""
        found = list(pods)
        return cls(
            {pod.name: pod for pod in found},
            {str(pod.local): pod for pod in found},
            str(node),
        )

    def ends(self, entry: Entry) -> tuple[Party, Party] | None:
        """Return client and server; None if another sidecar logs the same request."""
        pod = self.pods.get(entry.pod)
        if pod is None:
            return None
        if entry.inbound or pod.workload.kind == GATEWAY:
            return self._caller(entry, pod), party(pod)
        if entry.reached and self._tells(entry.upstream):
            return None
        target = self.by_address.get(entry.upstream.rpartition(":")[0])
        return party(pod), party(target) if target else Party(entry.authority, entry.authority)

    def _tells(self, upstream: str) -> bool:
        """Whether the server logs the request itself, or is the calling pod through its app's own socket."""
        pod = self.by_address.get(upstream.rpartition(":")[0])
        return upstream.startswith("/") or (pod is not None and pod.meshed)

    def _caller(self, entry: Entry, server: Pod) -> Party:
        at_address = self.by_address.get(entry.peer)
        if entry.identity:
            known = at_address is not None and at_address.identity == entry.identity
            return party(at_address) if at_address and known else account(entry.identity)
        if at_address and not at_address.meshed:
            return party(at_address)
        if entry.peer == self.node:
            return Party(KUBELET, KUBELET)
        name = OUTSIDE if server.workload.kind == GATEWAY else UNMESHED
        return Party(name, name)


def party(pod: Pod) -> Party:
    """Return a pod as a party."""
    return Party(pod.name, pod.workload.name, pod.namespace, pod.identity)


def account(identity: str) -> Party:
    """Return the party of an identity without a pod: `namespace/account` of a Linkerd identity, else the identity."""
    name, namespace, kind = (*identity.split("."), "", "")[:3]
    known = kind == "serviceaccount"
    words = f"{namespace}/{name}" if known else identity
    return Party(words, words, namespace if known else "", identity)
