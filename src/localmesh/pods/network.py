"""The node's piece of the pod network: 10.244.N.0/24, where N is the first that no other local mesh has taken.

An address is a pod's as long as the supervisor holds its ports: bound, but not listened on. The kernel lets the same
user's sidecar bind beside that (SO_REUSEPORT), and no other user; so nobody can listen there in the sidecar's place,
neither before it starts nor while it is away.
"""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from localmesh.errors import BadInput
from localmesh.pods.addresses import to_loopback
from localmesh.pods.pod import OUTBOUND_PORT

CLAIM_PORT = OUTBOUND_PORT
"""A port that each pod listens on; on the node's address, a socket that stands for the claim to its network.

The kernel frees it at any exit.
"""

MOST_PODS = 252
"""Addresses of 10.244.N.0/24 without the node's, and one for the pod that comes before another one goes."""


@dataclass(slots=True)
class Held:
    """An address of a pod, and the ports that are kept for its sidecar."""

    address: IPv4Address
    _sockets: list[socket.socket]

    def release(self) -> None:
        """Let others have them."""
        for found in self._sockets:
            found.close()


@dataclass(frozen=True, slots=True)
class NodeNetwork:
    """The addresses of one node and its pods, as policies speak of them."""

    network: IPv4Network
    _taken: set[IPv4Address] = field(default_factory=set, compare=False)

    @property
    def node(self) -> IPv4Address:
        """Where the kubelet's probes come from."""
        return self.network[1]

    def hold(self, pod: str, ports: Iterable[int]) -> Held:
        """Take the next free address for a pod with all its ports; raises BadInput where none can be had."""
        ports = dict.fromkeys((OUTBOUND_PORT, *ports))
        refusal = "no address is left"
        for address in map(to_loopback, self.network.hosts()):
            if address == to_loopback(self.node) or address in self._taken:
                continue
            try:
                held = Held(address, bound((address, port) for port in ports))
            except OSError as error:
                refusal = error.strerror or str(error)
                continue
            self._taken.add(address)
            return held
        listed = ", ".join(map(str, ports))
        raise BadInput(
            f"no address from {to_loopback(self.network[2])} on can be taken for {pod}"
            f" with the ports {listed}: {refusal}",
            hint="end what listens on one of these ports on all addresses of this machine",
        )

    def release(self, held: Held) -> None:
        """Give an address back."""
        held.release()
        self._taken.discard(held.address)


def bound(places: Iterable[tuple[IPv4Address, int]]) -> list[socket.socket]:
    """Return sockets that keep these places for the processes of this user, or raise OSError."""
    found: list[socket.socket] = []
    try:
        for address, port in places:
            found.append(keeper := socket.socket())
            keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            keeper.bind((str(address), port))
    except OSError:
        for keeper in found:
            keeper.close()
        raise
    return found


@contextmanager
def claimed() -> Iterator[NodeNetwork]:
    """Hold a piece of the pod network for this process."""
    for number in range(256):
        found = NodeNetwork(IPv4Network(f"10.244.{number}.0/24"))
        with socket.socket() as claim:
            try:
                claim.bind((str(to_loopback(found.node)), CLAIM_PORT))
                # A second bind would succeed until somebody listens, were the address to be reused.
                claim.listen(1)
            except OSError as error:
                refusal = error
                continue
            yield found
            return
    raise BadInput(
        f"no address from 127.244.0.1 to 127.244.255.1 can be bound: {refusal.strerror}",
        hint="the local mesh needs all of 127.0.0.0/8 on the loopback interface, as Linux has it",
    )
