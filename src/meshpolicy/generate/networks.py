"""NetworkPolicies that admit the observed calls, for the pods that clients with an identity called. Pure.

The generated objects are read as a cluster reads them, and tested with the calls: a policy that might refuse one of
them is not written. Pods that no NetworkPolicy selects yet are open to everybody, so a policy opens nothing there. For
other pods, only observed calls that are refused today are admitted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from meshpolicy.core.document import Document, Manifest
from meshpolicy.core.errors import Place
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth
from meshpolicy.generate.callers import Called, Group, Groups, find_called, name_of
from meshpolicy.generate.objects import Made, Names
from meshpolicy.generate.plan import Plan
from meshpolicy.generate.scraping import Scraping
from meshpolicy.generate.selector import choosing
from meshpolicy.generate.spot import labels_of
from meshpolicy.generate.unlogged import PortSpan, unlogged
from meshpolicy.index.index import index_of
from meshpolicy.index.networkpolicies import Endpoint, NetworkPolicies
from meshpolicy.kinds.cluster import Cluster, with_policies
from meshpolicy.kinds.networkpolicy import Direction, NetworkPolicy
from meshpolicy.kinds.settings import NAMESPACE_NAME
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.record import record
from meshpolicy.traffic.call import ObservedCall

GROUP = "networking.k8s.io"
TAP: Mapping[str, str] = {"component": "tap", "linkerd.io/extension": "viz"}


@record
class CallerRule:
    """Callers that may reach some pods, with the ports on the wire."""

    callers: Group
    """The callers; empty for everybody."""
    ports: tuple[PortSpan, ...]
    observed: bool = True
    """Whether the rule is for observed calls; otherwise it keeps access open that no log shows."""


@record
class PodPolicy:
    """A NetworkPolicy with the callers that it admits."""

    servers: Group
    rules: tuple[CallerRule, ...]
    made: Made


@record
class Without:
    """Pods that get no NetworkPolicy, with the reasons."""

    name: str
    """`namespace/name` of the first of the workloads."""
    reasons: tuple[str, ...]


@record
class Networks:
    """The NetworkPolicies, and what to report about them."""

    policies: tuple[PodPolicy, ...] = ()
    without: tuple[Without, ...] = ()
    covered: tuple[str, ...] = ()
    """Pods whose existing NetworkPolicies already admit all observed calls."""
    refused: tuple[str, ...] = ()
    """Observed calls that existing NetworkPolicies refuse, or may refuse."""

    @property
    def made(self) -> tuple[Made, ...]:
        """Return the objects."""
        return tuple(one.made for one in self.policies)


def network_policies(
    after: Cluster,
    plan: Plan,
    calls: Iterable[ObservedCall],
    scraping: Sequence[Scraping],
    namespaces: Sequence[str] = (),
) -> Networks:
    """Return NetworkPolicies for the calls that the policies of `after`, including the generated ones, allow."""
    groups = Groups(after)
    writer = _Writer(after, groups, scraping)
    called = find_called(after, groups, plan, calls, namespaces)
    for one in called:
        writer.take(one)
    final = with_policies(after, writer.read)
    refused = tuple(dict.fromkeys(text for one in called for text in _refused(final, groups, one)))
    return Networks(tuple(writer.policies), tuple(writer.without), tuple(writer.covered), refused)


class _Writer:
    """Writes NetworkPolicies, one group of pods after the other."""

    def __init__(self, after: Cluster, groups: Groups, scraping: Sequence[Scraping]) -> None:
        self._after, self._groups, self._scraping = after, groups, scraping
        self._names = Names({(one.ref.kind, one.ref.namespace, one.ref.name) for one in after.objects})
        self._firsts = {group[0].ref: group for group in groups.all}
        self.policies: list[PodPolicy] = []
        self.without: list[Without] = []
        self.covered: list[str] = []
        self.read: list[NetworkPolicy] = []

    def take(self, called: Called) -> None:
        """Write the NetworkPolicy for the calls to some pods, or record why there is none."""
        if called.doubts:
            self.without.append(Without(called.name, tuple(called.doubts)))
            return
        now = index_of(self._after).network_policies
        selecting = [met for one in called.servers for _, met in now.matching(one, Direction.INGRESS)]
        chosen = [bool(now.isolating(one, Direction.INGRESS)) for one in called.servers]
        if Truth.UNKNOWN in selecting or len(set(chosen)) > 1:
            self.without.append(Without(called.name, ("it is not known whether a NetworkPolicy selects all its pods",)))
            return
        rules = self._observed(called, now if chosen[0] else None)
        if not rules:
            self.covered.append(called.name)
            return
        open_already = () if chosen[0] else self._unlogged(called)
        self._write(called, (*rules, *open_already), isolated=chosen[0])

    def _observed(self, called: Called, now: NetworkPolicies | None) -> tuple[CallerRule, ...]:
        """Return the rules for the observed calls; for pods that are already isolated, only the missing ones."""
        found: list[CallerRule] = []
        for ref, wires in sorted(called.wires.items(), key=lambda one: str(one[0])):
            callers = self._firsts[ref]
            missing = [port for port in sorted(wires) if now is None or not _lets(now, called.servers, callers, port)]
            if missing:
                found.append(CallerRule(callers, tuple(PortSpan("TCP", port) for port in missing)))
        return tuple(found)

    def _unlogged(self, called: Called) -> Iterator[CallerRule]:
        """Yield the rules that keep access open for calls that no log shows."""
        scrapers = [one.scraper for one in self._scraping if all(map(one.holds, called.servers))]
        everybody = list(unlogged(self._after, called.servers))
        own = [one.sidecar.ports for one in called.servers]  # pods with the same labels may have different ports
        for ports, known in (
            ({one.control for one in own}, self._tap()),
            ({one.admin for one in own}, self._pods_of(scrapers)),
        ):
            spans = tuple(PortSpan("TCP", port) for port in sorted(ports) if port)
            if known and spans:
                yield from (CallerRule(group, spans, observed=False) for group in known)
            else:
                everybody += spans
        if everybody:
            yield CallerRule((), tuple(everybody), observed=False)

    def _pods_of(self, accounts: Sequence[str]) -> list[Group]:
        """Return the pods of some accounts; none if the pods of one account are unknown."""
        found: dict[Ref, Group] = {}
        for account in accounts:
            space, _, name = account.partition("/")
            pods = [w for w in self._after.workloads if (w.ref.namespace, w.service_account) == (space, name)]
            if not pods or any(one.host_network for one in pods):
                return []
            found |= {(group := self._groups.of(one))[0].ref: group for one in pods}
        return list(found.values())

    def _tap(self) -> list[Group]:
        pods = [w for w in self._after.workloads if all(w.labels.get(key) == value for key, value in TAP.items())]
        return list({(group := self._groups.of(one))[0].ref: group for one in pods}.values())

    def _write(self, called: Called, rules: Sequence[CallerRule], *, isolated: bool) -> None:
        """Write a NetworkPolicy if it admits every observed call and opens nothing else."""
        space = called.servers[0].ref.namespace
        name = self._names.free("NetworkPolicy", space, f"{called.servers[0].ref.name}-from-callers")
        for one in [rule for rule in rules if rule.observed]:
            less = [rule for rule in rules if rule is not one]
            if less and self._all_in(called, self._made(called, less, name), [one]):
                rules = less
        made = self._made(called, rules, name)
        if not self._all_in(called, made, rules):
            reasons = ["policies of other kinds decide, too, and may refuse a call that was seen"]
        else:
            reasons = list(self._opened(called, rules, made)) if isolated else []
        if reasons:
            self.without.append(Without(called.name, tuple(dict.fromkeys(reasons))))
            return
        self.policies.append(PodPolicy(called.servers, tuple(rules), made))
        self.read.append(_read(made, self._after))

    def _with(self, made: Made) -> NetworkPolicies:
        return index_of(with_policies(self._after, [_read(made, self._after)])).network_policies

    def _all_in(self, called: Called, made: Made, rules: Iterable[CallerRule]) -> bool:
        """Whether the object admits all callers of the rules for observed calls."""
        after = self._with(made)
        return all(
            _lets(after, called.servers, one.callers, port.first) for one in rules if one.observed for port in one.ports
        )

    def _opened(self, called: Called, rules: Sequence[CallerRule], made: Made) -> Iterator[str]:
        """Yield which other callers the object admits that were refused before."""
        before, after = index_of(self._after).network_policies, self._with(made)
        meant = {(one.callers[0].ref, port.first) for one in rules for port in one.ports if one.callers}
        for group in self._groups.all:
            for port in sorted({port for _, port in meant}):
                opens = any(
                    _may(after, server, one, port) and not _may(before, server, one, port)
                    for one in group
                    for server in called.servers
                )
                if opens and (group[0].ref, port) not in meant:
                    yield f"no label tells {name_of(group)} from who was seen to call"

    def _made(self, called: Called, rules: Sequence[CallerRule], name: str) -> Made:
        by_ports: dict[tuple[bool, tuple[PortSpan, ...]], list[Manifest]] = {}
        for one in rules:
            peers = by_ports.setdefault((bool(one.callers), one.ports), [])
            peers += [self._peer(called, one.callers)] if one.callers else []
        ingress = [
            {**({"from": peers} if peers else {}), "ports": [port.manifest for port in ports]}
            for (_, ports), peers in by_ports.items()
        ]
        spec = {
            "podSelector": choosing(called.servers, self._after.workloads),
            "policyTypes": [str(Direction.INGRESS)],
            "ingress": ingress,
        }
        space = called.servers[0].ref.namespace
        manifest = {
            "apiVersion": f"{GROUP}/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": name, "namespace": space},
            "spec": spec,
        }
        return Made(Ref(GROUP, "NetworkPolicy", space, name), manifest, " ".join(said(called.servers, rules)))

    def _peer(self, called: Called, callers: Group) -> Manifest:
        pods = {"podSelector": choosing(callers, self._after.workloads)}
        space = callers[0].ref.namespace
        if space == called.servers[0].ref.namespace:
            return pods
        return {"namespaceSelector": {"matchLabels": {NAMESPACE_NAME: space}}, **pods}


def _caller_words(callers: Group) -> str:
    """Return the callers in words, and what else their labels select."""
    if labels_of(callers[0]):
        return name_of(callers)
    return f"{name_of(callers)} (which has no labels: with it all pods of its namespace without those of others)"


def said(servers: Group, rules: Sequence[CallerRule]) -> Iterator[str]:
    """Yield a sentence for each caller that a NetworkPolicy admits, and one for access that no log shows."""
    by_ports: dict[tuple[PortSpan, ...], list[str]] = {}
    for one in rules:
        if one.callers:
            by_ports.setdefault(one.ports, []).append(_caller_words(one.callers))
    for ports, callers in by_ports.items():
        yield f"{', '.join(callers)} -> {name_of(servers)}: port {', '.join(map(str, ports))}."
    others = [port for one in rules if not one.callers for port in one.ports]
    if others:
        yield f"Open as before, since no log shows who calls: {', '.join(map(str, others))}."


def _read(made: Made, cluster: Cluster) -> NetworkPolicy:
    """Return an object as a cluster reads it."""
    parsed = parse_documents([Document(Place("generated", 1), made.manifest)], cluster.settings).cluster
    return parsed.network_policies[0]


def _lets(policies: NetworkPolicies, servers: Group, callers: Group, port: int) -> bool:
    """Whether NetworkPolicies certainly admit the callers."""
    return all(
        policies.filter(Direction.INGRESS, Endpoint(server), Endpoint(caller), port).allowed
        for server in servers
        for caller in callers
    )


def _may(policies: NetworkPolicies, server: Workload, caller: Workload, port: int) -> bool:
    """Whether NetworkPolicies admit, or may admit, a caller."""
    return policies.filter(Direction.INGRESS, Endpoint(server), Endpoint(caller), port).truth.possible


def _refused(final: Cluster, groups: Groups, called: Called) -> Iterator[str]:
    """Yield the observed calls that NetworkPolicies refuse, or may refuse."""
    firsts = {group[0].ref: group for group in groups.all}
    policies = index_of(final).network_policies
    for ref, wires in called.wires.items():
        for port in sorted(wires):
            for caller in firsts[ref]:
                for server in called.servers:
                    ends = (
                        (Direction.EGRESS, Endpoint(caller), Endpoint(server)),
                        (Direction.INGRESS, Endpoint(server), Endpoint(caller)),
                    )
                    for direction, pod, peer in ends:
                        found = policies.filter(direction, pod, peer, port)
                        if not found.allowed and caller.ref != server.ref:
                            by = ", ".join(map(str, found.policies))
                            yield f"{caller.ref} -> {server.ref} on port {port}: {direction} by {by}"
