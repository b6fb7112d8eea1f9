"""Who is at both ends of a request: a pod, an account without a pod here, or somebody outside of the mesh.

An address alone makes nobody a meshed pod: anyone on the machine may come from it. A verified identity does.
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
    """One end of a request."""

    name: str
    """A pod's name, `namespace/account`, the Service as it was called, or one of the words above."""
    workload: str
    """The pod's workload; equal to `name` if the party is no pod."""
    namespace: str = ""
    identity: str = ""

    def as_workload(self) -> "Party":
        """Return it with all pods of its workload as one."""
        return Party(self.workload, self.workload, self.namespace, self.identity)


@dataclass(frozen=True, slots=True)
class Parties:
    """Knows the pods that there are now."""

    pods: dict[str, Pod]
    by_address: dict[str, Pod]
    node: str

    @classmethod
    def of(cls, pods: Iterable[Pod], node: IPv4Address) -> "Parties":
        """Return them for some pods; `node` is where the kubelet's probes come from."""
        found = list(pods)
        return cls(
            {pod.name: pod for pod in found},
            {str(pod.local): pod for pod in found},
            str(node),
        )

    def ends(self, entry: Entry) -> tuple[Party, Party] | None:
        """Return who called and who was called; None where another sidecar's line tells of the same request."""
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
        """Whether who was called writes a line itself, or is the calling pod by its app's own socket."""
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
    """Return a pod as one end."""
    return Party(pod.name, pod.workload.name, pod.namespace, pod.identity)


def account(identity: str) -> Party:
    """Return who has a certificate and no pod here: `namespace/account` where Linkerd made the name, else all of it."""
    name, namespace, kind = (*identity.split("."), "", "")[:3]
    known = kind == "serviceaccount"
    words = f"{namespace}/{name}" if known else identity
    return Party(words, words, namespace if known else "", identity)
