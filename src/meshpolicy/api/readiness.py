"""What breaks if deny is the default, as values."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import NoReturn

from meshpolicy.api.manifests import Manifests, cluster_of
from meshpolicy.api.ready import ask_ready
from meshpolicy.core.errors import InvalidInput, InvalidQuestion, Place, Problem
from meshpolicy.core.match import Network
from meshpolicy.core.networks import parse_network
from meshpolicy.ready.need import Party
from meshpolicy.ready.readiness import Readiness
from meshpolicy.ready.report import Report
from meshpolicy.ready.standing import Standing
from meshpolicy.record import record
from meshpolicy.traffic.read import read as read_traffic


@record
class Need:
    """A call that somebody needs, and what becomes of it with deny."""

    client: str
    """`namespace/workload`, or what it is: `the kubelet`, `the ingress controller` …"""
    server: str
    """`namespace/workload`."""
    port: int
    request: str
    """`GET /ping`, `requests`, `tcp connection` …"""
    standing: Standing
    why: str
    """What decides; empty where nothing is to be said."""
    outcome: str
    """What the client sees where it is refused: `403`, `closed` …"""
    declared_by: str
    """The variable, argument, field or log that tells of it."""
    place: Place
    manifests: tuple[Mapping[str, object], ...]
    """Objects that would allow it, if it is refused and objects can."""


@record
class UnderDeny:
    """Whether deny can be the default. It has no truth value: use `ready`.

    As a text it is the answer with every need that is not known to be allowed.
    """

    readiness: Readiness
    namespaces: tuple[str, ...]
    needs: tuple[Need, ...]
    unseen: tuple[Problem, ...]
    """What may be a need and cannot be read, and what was not read at all."""
    uncalled: tuple[str, ...]
    """Ports of Services that nobody is known to call, and that deny closes: `namespace/workload:port`."""
    order: tuple[str, ...]
    """The namespaces in the order in which to go."""

    @property
    def ready(self) -> bool:
        """Whether every need is known to be allowed, and all can be seen."""
        return self.readiness is Readiness.READY

    @property
    def manifests(self) -> tuple[Mapping[str, object], ...]:
        """The objects that all refused needs lack together."""
        return tuple(one for need in self.needs for one in need.manifests)

    def __bool__(self) -> NoReturn:
        raise TypeError("an answer about deny may be unknown: ask its .ready")

    def __str__(self) -> str:
        told = [one for one in self.needs if not one.standing.allowed]
        lines = [f"{one.standing}: {one.client} -> {one.server}:{one.port}  {one.request}: {one.why}" for one in told]
        lines += [f"cannot be seen: {one}" for one in self.unseen]
        lines += [f"nobody is known to call {one}" for one in self.uncalled]
        return "\n".join([f"{self.readiness.upper()}: deny on {', '.join(self.namespaces)}", *lines])


def under_deny(
    manifests: Manifests,
    *,
    namespaces: Sequence[str] = (),
    traffic: Sequence[str | PathLike[str]] = (),
    ingress: str = "",
    prometheus: str = "",
    nodes: Sequence[str] = (),
    namespace: str = "",
) -> UnderDeny:
    """Say what breaks if `config.linkerd.io/default-inbound-policy: deny` is set.

    Args:
        manifests: what `read` returned.
        namespaces: the namespaces that get the annotation; empty: every namespace with a sidecar.
        traffic: files and folders of observed calls; each observed call counts as needed, too.
        ingress: who the ingress controller is: a workload, an account (also one of which no workload was read), or
            `unmeshed`; empty: by its image.
        prometheus: who Prometheus is, likewise.
        nodes: the networks of the nodes' addresses, such as `10.0.0.0/24`; empty: any network.
        namespace: the namespace of objects that name none, as given to `read`.

    Returns:
        Each declared or observed need, and what becomes of it under deny.

    Raises:
        InvalidInput: a cluster would refuse some of the manifests, or a file of calls cannot be read.
        InvalidQuestion: there is no such namespace, or `nodes` holds an invalid network.
        UnknownWorkload: `ingress` or `prometheus` is neither a workload of the manifests nor `namespace/account`.

    """
    cluster_of(manifests)
    seen = read_traffic([str(path) for path in traffic])
    if seen.unusable:
        raise InvalidInput(seen.unusable)
    told = {Party.INGRESS: ingress, Party.PROMETHEUS: prometheus}
    return _public(ask_ready(manifests.reading, namespaces, namespace, told, tuple(map(_network, nodes)), seen))


def _network(text: str) -> Network:
    found = parse_network(text)
    if found is None:
        raise InvalidQuestion(f"nodes {text}: a network such as 10.0.0.0/8 is expected")
    return found


def _public(found: Report) -> UnderDeny:
    needs = []
    for number, held in enumerate(found.held):
        step = found.plan.steps.get(number)
        server, _, port = held.need.server_name.rpartition(":")
        needs.append(
            Need(
                held.need.caller_name, server, int(port), held.need.request, held.standing, held.why, held.outcome,
                held.need.what, held.need.place, () if step is None else tuple(step.manifests),
            )
        )  # fmt: skip
    unseen = tuple(Problem(one.place, f"{one.who}: {one.what}: {one.why}") for one in found.unseen)
    uncalled = tuple(f"{one.server.ref.namespaced_name}:{one.port}" for one in found.uncalled)
    order = tuple(turn.namespace for turn in found.order)
    return UnderDeny(found.readiness, found.namespaces, tuple(needs), unseen, uncalled, order)
