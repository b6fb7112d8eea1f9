"""Objects that are given twice: the same is one object, and what two differ in is unknown. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.adminnetworkpolicy import AdminNetworkPolicy
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.namespace import Namespace
from meshpolicy.kinds.networkpolicy import NetworkPolicy
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.undecided import AUTHENTICATIONS, Undecided
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import replace

POD_SECURITY = "pod-security.kubernetes.io/"


@dataclass(slots=True)
class Given:
    """One object, and where it is given."""

    item: Object
    source: str
    """The file that it is written in, or what renders it."""
    place: Place
    others: list[tuple[Object, str]] = field(default_factory=list)
    """What differs from it, each with its source."""

    def add(self, item: Object, source: str) -> None:
        """Note that it is given once more; where nothing differs that decides anything, it is the same."""
        if _deciding(item) != _deciding(self.item):
            self.others.append((item, source))


def _deciding(item: Object) -> Object:
    """Return an object without that on which no answer rests: a workload's images, variables and replicas."""
    if isinstance(item, Namespace):
        return replace(item, labels=tuple(one for one in item.labels if not one[0].startswith(POD_SECURITY)))
    if not isinstance(item, Workload):
        return item
    containers = tuple(replace(one, image="", command=(), args=(), env=()) for one in item.containers)
    # A StatefulSet's pods are named by their number.
    replicas = item.replicas if item.ref.kind == "StatefulSet" else 1
    return replace(item, containers=containers, replicas=replicas, grace=0, metadata={})


def settled(found: Mapping[Ref, Given]) -> Iterator[Object]:
    """Yield the objects; of one with differences what is sure of it, and that the rest is unknown."""
    for given in found.values():
        if not given.others:
            yield given.item
        else:
            yield from _unsettled(given)


def _unsettled(given: Given) -> Iterator[Object]:
    item = given.item
    told = f"is given twice with differences, by {given.source} and by {given.others[0][1]}"
    text = str((item, given.others))
    if isinstance(item, NetworkPolicy | AdminNetworkPolicy | OtherNetworkPolicy):
        yield OtherNetworkPolicy(item.ref, text=text)
        return
    # An authentication of which nothing is known is as one that is not here.
    if item.ref.kind not in AUTHENTICATIONS:
        yield item
    selectors = None
    if isinstance(item, Service):
        services = (item, *(other for other, _ in given.others if isinstance(other, Service)))
        selectors = tuple(service.selector for service in services)
    yield Undecided(
        item.ref, told, text, workload=item.ref if isinstance(item, Workload) else None, selectors=selectors
    )


def told(found: Mapping[Ref, Given]) -> Iterator[Problem]:
    """Yield a problem for each two sources that differ, with the first of their objects."""
    pairs: dict[tuple[str, str], list[Given]] = {}
    for given in found.values():
        if given.others:
            pairs.setdefault((given.source, given.others[0][1]), []).append(given)
    for (one, other), differing in pairs.items():
        more = f" and {len(differing) - 1} more are" if len(differing) > 1 else " is"
        text = (
            f"{differing[0].item.ref}{more} given twice with differences, by {one} and by {other}: what they differ in "
            "is unknown; leave one out with --exclude, or choose a kustomization with --overlay"
        )
        yield Problem(differing[0].place, text, ProblemKind.AMBIGUOUS)
