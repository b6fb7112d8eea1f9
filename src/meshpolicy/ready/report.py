"""The answer whether deny can be the default: the needs with their outcomes, unused access, and the order. Pure."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from meshpolicy.analysis.access import Access, accesses, admits
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.decide.transport import identity_of
from meshpolicy.kinds.assembly import rebuilt
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.change import Planned, Read, Step, plan
from meshpolicy.ready.deny import with_deny
from meshpolicy.ready.held import hold
from meshpolicy.ready.manifest import Written
from meshpolicy.ready.names import Names
from meshpolicy.ready.need import Need, NeedKind, Party, Unseen
from meshpolicy.ready.needs import Evidence, between, find_needs, is_assumed
from meshpolicy.ready.order import Turn, order
from meshpolicy.ready.readiness import Readiness, readiness_of
from meshpolicy.ready.scrapes import sidecar_scrapes
from meshpolicy.ready.standing import Held, Standing
from meshpolicy.record import record


@record
class Uncalled:
    """A Service's port that nobody is known to call and that deny closes; a program's code may still call it."""

    service: Service
    number: int
    server: Workload
    port: int


@record
class Report:
    """The answer."""

    namespaces: tuple[str, ...]
    held: tuple[Held, ...]
    unused: tuple[Access, ...]
    """Granted access that nobody is known to need."""
    unseen: tuple[Unseen, ...]
    uncalled: tuple[Uncalled, ...]
    plan: Planned
    order: tuple[Turn, ...]
    denied: Cluster
    """The cluster with deny, before any step."""
    unscraped: int = 0
    """The number of workloads whose sidecar metrics deny closes, if no scraper is known."""

    @property
    def readiness(self) -> Readiness:
        """Return whether deny can be the default."""
        unsure = bool(self.unseen or self.uncalled or not self.namespaces)
        return readiness_of([one.standing for one in self.held], unsure)

    def of(self, standing: Standing) -> Iterator[tuple[Held, Step | None]]:
        """Yield the needs with a standing, each with its step if it has one."""
        for number, one in enumerate(self.held):
            if one.standing is standing:
                yield one, self.plan.steps.get(number)


def report(
    cluster: Cluster,
    written: Written,
    namespaces: Collection[str],
    evidence: Evidence,
    read: Read,
    unread: Sequence[Unseen] = (),
) -> Report:
    """Return what breaks if deny is the default in some namespaces.

    `read` parses manifests into objects; `unread` lists the input that was not read at all.
    """
    needs, unseen = find_needs(cluster, written, namespaces, evidence)
    denied = rebuilt(cluster, with_deny(cluster, namespaces))
    held = tuple(_once(hold(denied, need) for need in needs))
    near = [one for one in denied.workloads if one.ref.namespace in namespaces]
    granted = [one for one in accesses(denied, near) if one.by.origin is not Origin.PROBES and not one.blocked]
    assumed = tuple(_assumed(needs))
    unsure = {need.server.ref.namespace for need in needs if is_assumed(need)}
    unsure |= set(namespaces) if unread or unseen else set()
    uncalled = tuple(_uncalled(denied, namespaces, Names(denied, written), held, granted))
    unsure |= {one.service.ref.namespace for one in uncalled}
    return Report(
        tuple(sorted(namespaces)),
        held,
        tuple(_unused(denied, granted, held)),
        (*unread, *unseen, *assumed),
        uncalled,
        plan(denied, held, read),
        order(namespaces, held, unsure),
        denied,
        _unscraped(denied, namespaces, needs),
    )


def _once(held: Iterable[Held]) -> Iterator[Held]:
    """Yield each need once; an observed call is left out if it is also declared and both have the same outcome."""
    told: set[object] = set()
    for one in held:
        key = (between(one.need), one.need.request, one.standing, one.outcome)
        if one.need.kind is not NeedKind.OBSERVED or key not in told:
            told.add(key)
            yield one


def _unscraped(denied: Cluster, namespaces: Collection[str], needs: Iterable[Need]) -> int:
    """Count the sidecars whose metrics deny closes; 0 if a scraper is known, as the scrapes are needs then."""
    if any(need.kind is NeedKind.SIDECAR for need in needs):
        return 0
    scrapes = [one for one in sidecar_scrapes(denied, (Party.PROMETHEUS,)) if one.server.ref.namespace in namespaces]
    return sum(hold(denied, one).standing is Standing.MISSING for one in scrapes)


def _assumed(needs: Iterable[Need]) -> Iterator[Unseen]:
    """Yield, once for each account without a workload in the input, that its sidecar is assumed."""
    first: dict[str, Need] = {}
    for need in needs:
        if is_assumed(need):
            first.setdefault(need.caller_name, need)
    why = "no workload of this account was read: the answer holds if it has one; read its manifests, too"
    yield from (Unseen(need.place, name, "its sidecar", why) for name, need in first.items())


def _uncalled(
    cluster: Cluster, namespaces: Collection[str], names: Names, held: Sequence[Held], granted: Sequence[Access]
) -> Iterator[Uncalled]:
    """Yield the ports of Services that nobody is known to call, and to which nobody is granted access."""
    watched = (NeedKind.PROBE, NeedKind.HOOK)
    known = {(one.need.server.ref, one.need.port) for one in held if one.need.kind not in watched}
    known |= {(one.server, one.port) for one in granted}
    for service in cluster.services:
        if service.ref.namespace not in namespaces:
            continue
        for entry in service.ports:
            for one in names.behind(service, entry.number) if entry.protocol == "TCP" else ():
                if one.workload.meshed and (one.workload.ref, one.port) not in known:
                    known.add((one.workload.ref, one.port))
                    yield Uncalled(service, entry.number, one.workload, one.port)


def _unused(cluster: Cluster, granted: Sequence[Access], held: Sequence[Held]) -> Iterator[Access]:
    """Yield granted access without a need; metrics of sidecars are left out, as only scrapers call them."""
    admin = {(one.ref, one.sidecar.ports.admin) for one in cluster.workloads if one.injection.sidecar.possible}
    by_port: dict[tuple[Ref, int], list[Held]] = {}
    for one in held:
        by_port.setdefault((one.need.server.ref, one.need.port), []).append(one)
    for access in granted:
        near = by_port.get((access.server, access.port), ())
        scrape = (access.server, access.port) in admin
        if not access.unknown and not scrape and not any(_uses(cluster, one, access) for one in near):
            yield access


def _uses(cluster: Cluster, held: Held, access: Access) -> bool:
    """Whether a need uses, or may use, an access."""
    need = held.need
    if held.standing is Standing.MISSING:
        return False
    grant = held.answer.decision.authorization if held.answer is not None and held.answer.decision else None
    if held.standing.allowed and grant is not None and grant.ref != access.by:
        return False
    client = need.client
    if client is None:
        return True
    return access.unmeshed or admits(access, identity_of(cluster, client))
