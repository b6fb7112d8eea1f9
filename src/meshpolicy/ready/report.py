"""Whether deny can go on: what is needed, what becomes of it, what nobody needs, and in which order to go. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from meshpolicy.analysis.access import Access, accesses, admits
from meshpolicy.core.document import Document
from meshpolicy.core.match import Network
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.decide.transport import identity_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.change import Planned, Read, Step, plan
from meshpolicy.ready.declared import Declared
from meshpolicy.ready.deny import with_deny
from meshpolicy.ready.held import dns_needs, hold
from meshpolicy.ready.manifest import Written
from meshpolicy.ready.names import Names
from meshpolicy.ready.need import Need, NeedKind, Party, Unseen
from meshpolicy.ready.observed import Observed
from meshpolicy.ready.outside import Outside
from meshpolicy.ready.parties import find_parties
from meshpolicy.ready.readiness import Readiness, readiness_of
from meshpolicy.ready.scrapes import Scrapes, sidecar_scrapes
from meshpolicy.ready.standing import Held, Standing
from meshpolicy.record import record
from meshpolicy.traffic.call import ObservedCall

Rebuild = Callable[[Iterable[Object]], Cluster]
"""Makes a cluster of objects, with the settings of the one that is asked about."""


@record
class Uncalled:
    """A port of a Service that nobody is known to call, and that deny closes to all: programs may name it in code."""

    service: Service
    number: int
    server: Workload
    port: int


@record
class Turn:
    """When a namespace's turn comes, and why."""

    namespace: str
    readiness: Readiness
    why: str


@record
class Report:
    """The answer."""

    namespaces: tuple[str, ...]
    held: tuple[Held, ...]
    unused: tuple[Access, ...]
    """What is granted, and nobody is known to need."""
    unseen: tuple[Unseen, ...]
    uncalled: tuple[Uncalled, ...]
    plan: Planned
    order: tuple[Turn, ...]
    denied: Cluster
    """The cluster with deny, before any step."""
    unscraped: int = 0
    """Of how many workloads deny closes the sidecar's own metrics, where nobody is known to scrape any."""

    @property
    def readiness(self) -> Readiness:
        """Return whether deny can go on."""
        unsure = bool(self.unseen or self.uncalled or not self.namespaces)
        return readiness_of([one.standing for one in self.held], unsure)

    def of(self, standing: Standing) -> Iterator[tuple[Held, Step | None]]:
        """Yield the needs that stand so, each with its step if there is one."""
        for number, one in enumerate(self.held):
            if one.standing is standing:
                yield one, self.plan.steps.get(number)


def report(
    cluster: Cluster,
    documents: Iterable[Document],
    namespaces: Collection[str],
    rebuild: Rebuild,
    read: Read,
    *,
    home: str = "",
    told: Mapping[Party, tuple[Workload | Party, ...]] | None = None,
    nodes: tuple[Network, ...] = (),
    calls: Iterable[ObservedCall] = (),
    unread: Sequence[Unseen] = (),
) -> Report:
    """Return what breaks if deny goes on in some namespaces.

    `rebuild` and `read` make clusters of objects, and objects of manifests. `home` is the namespace of objects that
    name none. `told` says who ingress controllers and Prometheus are; without it, they are looked for by their images.
    `nodes` are the networks in which nodes have their addresses; without them, they may have any.
    `calls` are those that were observed, `unread` is what was not read at all.
    """
    written = Written(documents, home)
    needs, unseen = find_needs(cluster, written, namespaces, told or {}, nodes, calls)
    denied = rebuild(with_deny(cluster, namespaces))
    held = tuple(hold(denied, need) for need in needs)
    near = [one for one in denied.workloads if one.ref.namespace in namespaces]
    granted = [one for one in accesses(denied, near) if one.by.origin is not Origin.PROBES and not one.blocked]
    assumed = tuple(_assumed(needs))
    unsure = {need.server.ref.namespace for need in needs if _is_assumed(need)}
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


def _unscraped(denied: Cluster, namespaces: Collection[str], needs: Iterable[Need]) -> int:
    """Count the sidecars whose metrics deny closes, unless somebody is known to scrape them: then these are needs."""
    if any(need.kind is NeedKind.SIDECAR for need in needs):
        return 0
    scrapes = [one for one in sidecar_scrapes(denied, (Party.PROMETHEUS,)) if one.server.ref.namespace in namespaces]
    return sum(hold(denied, one).standing is Standing.MISSING for one in scrapes)


def _is_assumed(need: Need) -> bool:
    """Whether the asker says who calls, and no workload of that account was read; whom a log names has a sidecar."""
    account = need.client is not None and need.client.ref.kind == "ServiceAccount"
    return account and need.kind in (NeedKind.INGRESS, NeedKind.SCRAPE, NeedKind.SIDECAR)


def _assumed(needs: Iterable[Need]) -> Iterator[Unseen]:
    """Yield once of each account of which no workload was read that its sidecar is assumed."""
    first: dict[str, Need] = {}
    for need in needs:
        if _is_assumed(need):
            first.setdefault(need.caller_name, need)
    why = "no workload of this account was read: the answer holds if it has one; read its manifests, too"
    yield from (Unseen(need.place, name, "its sidecar", why) for name, need in first.items())


def find_needs(
    cluster: Cluster,
    written: Written,
    namespaces: Collection[str],
    told: Mapping[Party, tuple[Workload | Party, ...]],
    nodes: tuple[Network, ...] = (),
    calls: Iterable[ObservedCall] = (),
) -> tuple[tuple[Need, ...], tuple[Unseen, ...]]:
    """Return the needs that deny in some namespaces bears on, each once, and what may be one and cannot be read."""
    declared = Declared(cluster, written)
    parties = find_parties(cluster, told)
    outside = Outside(cluster, written, declared, parties, nodes)
    found = [*declared.needs(), *outside.needs(), *Scrapes(cluster, written, declared.names, parties).needs()]
    found += Observed(cluster, declared.names).needs(calls)
    needs = {
        need.key: need
        for need in _distinct(one for one in found if isinstance(one, Need))
        if need.server.ref.namespace in namespaces
    }
    for need in dns_needs([one for one in found if isinstance(one, Need)], cluster):
        if need.client is not None and need.client.ref.namespace in namespaces:
            needs[need.key] = need
    unseen = dict.fromkeys(one for one in found if isinstance(one, Unseen))
    return tuple(needs.values()), tuple(unseen)


def _distinct(needs: Iterable[Need]) -> Iterator[Need]:
    """Yield each need once, where it is written first.

    What may be one gives way to a sure one of the same port, and requests that are not known to those that were seen.
    """
    found = list(needs)
    seen_calls = {_between(need) for need in found if need.kind is NeedKind.OBSERVED and need.asking.whole}
    sure = {_between(need) for need in found if need.sure}
    seen: set[object] = set()
    for need in found:
        known = need.asking.whole or _between(need) not in seen_calls
        if known and need.key not in seen and (need.sure or _between(need) not in sure):
            seen.add(need.key)
            yield need


def _between(need: Need) -> tuple[object, ...]:
    return (need.client.ref if need.client is not None else need.caller, need.server.ref, need.port)


def _uncalled(
    cluster: Cluster, namespaces: Collection[str], names: Names, held: Sequence[Held], granted: Sequence[Access]
) -> Iterator[Uncalled]:
    """Yield the ports that Services offer, that nobody is known to call or is let in to."""
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
    """Yield what is granted without a need; nobody but a scraper calls a sidecar's own metrics."""
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
    """Whether a need is, or may be, what an access is for."""
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


def order(namespaces: Collection[str], held: Sequence[Held], unsure: Collection[str] = ()) -> tuple[Turn, ...]:
    """Return the namespaces in the order in which to go: deny decides about callers of a namespace's own workloads.

    First those that are ready; then those whose callers are all meshed, and need grants alone; last those with callers
    that need a sidecar first. `unsure` are the namespaces of which not all that is needed can be seen.
    """
    turns: list[tuple[tuple[bool, int, int, str], Turn]] = []
    for name in sorted(namespaces):
        own = [one for one in held if _space(one.need) == name]
        plain = sorted({one.need.caller_name for one in own if _is_plain(one)})
        refused = sum(one.standing is Standing.MISSING for one in own)
        unknown = sum(one.standing is Standing.UNKNOWN for one in own)
        found = readiness_of([one.standing for one in own], name in unsure)
        assumed = any(_is_assumed(one.need) for one in own)
        why = _why(len(own), refused, unknown, plain, meshed=not assumed)
        if found is Readiness.UNKNOWN and not unknown:
            why += "; not all of them can be seen"
        key = (found is not Readiness.READY, len(plain), refused + unknown, name)
        turns.append((key, Turn(name, found, why)))
    return tuple(turn for _, turn in sorted(turns, key=lambda one: one[0]))


def _space(need: Need) -> str:
    """Return the namespace whose deny bears on a need; DNS is its own caller's."""
    if need.kind is NeedKind.DNS and need.client is not None:
        return need.client.ref.namespace
    return need.server.ref.namespace


def _is_plain(held: Held) -> bool:
    """Whether the caller is a workload without a sidecar, and is not let in."""
    client = held.need.client
    return client is not None and not client.meshed and not held.standing.allowed and held.need.kind is not NeedKind.DNS


def _why(needs: int, refused: int, unknown: int, plain: Sequence[str], *, meshed: bool) -> str:
    """Return why a namespace's turn is where it is; `meshed`: it is known of its other callers that they are."""
    if not needs:
        return "nobody is known to need anything of it"
    parts = [f"{refused} of {needs} needs refused"] if refused else []
    parts += [f"{unknown} not known"] if unknown else []
    parts += [f"callers without a sidecar: {', '.join(plain)}"] if plain else []
    if not parts:
        return "all its callers are let in" if needs > 1 else "its caller is let in"
    return (
        "; ".join(parts)
        if plain or not meshed
        else f"{'; '.join(parts)}; its callers are all meshed, or need no sidecar"
    )
