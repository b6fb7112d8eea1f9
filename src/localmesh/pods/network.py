"""The node's pod network: 10.244.N.0/24, where N is the lowest number that no other local mesh uses.

The supervisor reserves a pod's address by binding its ports without listening. The kernel lets the same user's
sidecar bind them too (SO_REUSEPORT), but no other user's process; so nobody else can listen there in place of the
sidecar, neither before it starts nor while it restarts.
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
"""A port that each pod listens on; bound on the node's address, it marks the node's network as used.

The kernel frees it at any exit.
"""

MOST_PODS = 252
"""Usable addresses of 10.244.N.0/24, less the node's and one for the extra pod of a restart."""


@dataclass(slots=True)
class Held:
    """A pod's address, and the ports reserved for its sidecar."""

    address: IPv4Address
    _sockets: list[socket.socket]

    def release(self) -> None:
        """Close the sockets that reserve the ports."""
        for found in self._sockets:
            found.close()


@dataclass(frozen=True, slots=True)
class NodeNetwork:
    """The addresses of one node and its pods."""

    network: IPv4Network
    _taken: set[IPv4Address] = field(default_factory=set, compare=False)

    @property
    def node(self) -> IPv4Address:
        """The source address of the kubelet's probes."""
        return self.network[1]

    def hold(self, pod: str, ports: Iterable[int]) -> Held:
        """Reserve the next free address and all ports for a pod; raises BadInput if there is none."""
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
        """Free an address."""
        held.release()
        self._taken.discard(held.address)


def bound(places: Iterable[tuple[IPv4Address, int]]) -> list[socket.socket]:
    """Return sockets that reserve these addresses for processes of this user; raises OSError if one is taken."""
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
    """Reserve a free pod network for this process while the context is entered."""
    for number in range(256):
        found = NodeNetwork(IPv4Network(f"10.244.{number}.0/24"))
        with socket.socket() as claim:
            try:
                claim.bind((str(to_loopback(found.node)), CLAIM_PORT))
                # With SO_REUSEADDR, a second bind would succeed as long as nobody listens.
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
