"""The objects that grant what was planned, as manifests. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from meshpolicy.analysis.words import account
from meshpolicy.core.document import Manifest
from meshpolicy.core.match import PathKind
from meshpolicy.core.policy import DefaultPolicy, Protocol
from meshpolicy.core.ref import Ref
from meshpolicy.generate.grant import Grant, Pattern
from meshpolicy.generate.plan import Plan
from meshpolicy.generate.probing import Probing
from meshpolicy.generate.scraping import Scraping
from meshpolicy.generate.selector import choosing, selector
from meshpolicy.generate.spot import Spot, labels_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import POLICY_GROUP
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record

MOST_MATCHES, MOST_RULES = 8, 16
"""Matches of a rule, and rules of a route (HTTPRoute, `maxItems`)."""
MOST_NAMED = 2
"""The maximum number of clients in the name of a route."""


@record
class Made:
    """One object, and its purpose."""

    ref: Ref
    manifest: Manifest
    why: str = ""
    """The sentence for the comment above the object."""
    grants: tuple[Grant, ...] = ()
    """The grants of an AuthorizationPolicy; empty for other kinds."""


@dataclass
class Names:
    """Gives each object a name that is unique for its kind and namespace."""

    taken: set[tuple[str, str, str]] = field(default_factory=set)

    def free(self, kind: str, namespace: str, name: str) -> str:
        """Return an unused name, and mark it as used."""
        base, number = name[:240].strip("-."), 1
        found = base
        while (kind, namespace, found) in self.taken:
            number += 1
            found = f"{base}-{number}"
        self.taken.add((kind, namespace, found))
        return found


def objects(cluster: Cluster, plan: Plan, probing: Sequence[Probing], scraping: Sequence[Scraping]) -> tuple[Made, ...]:
    """Return all objects, sorted by kind in reading order."""
    writer = _Writer(cluster, plan)
    probes = {one.spot: one for one in probing}
    comments = {one.spot: one.comment for one in plan.closed}
    for spot in plan.spots:
        writer.port(
            spot, [grant for grant in plan.grants if grant.spot == spot], probes.get(spot), comments.get(spot, "")
        )
    for namespace in dict.fromkeys(one.namespace for one in scraping):
        writer.sidecars([one for one in scraping if one.namespace == namespace])
    order = ("Server", "HTTPRoute", "MeshTLSAuthentication", "NetworkAuthentication", "AuthorizationPolicy")
    return tuple(sorted(writer.made, key=lambda one: order.index(one.ref.kind)))


class _Writer:
    """Writes the objects of one port after the other."""

    def __init__(self, cluster: Cluster, plan: Plan) -> None:
        self._cluster, self._plan = cluster, plan
        self._names = Names({(one.ref.kind, one.ref.namespace, one.ref.name) for one in cluster.objects})
        self._authentications: dict[tuple[str, str], str] = {}
        self._kubelets: dict[str, str] = {}
        self.made: list[Made] = []
        accounts = {grant.identity: self._account(grant.identity) for grant in plan.grants}
        short = [name.rpartition("/")[2] for name in accounts.values()]
        self._clients = {
            identity: _dns(name if short.count(name.rpartition("/")[2]) > 1 else name.rpartition("/")[2])
            for identity, name in accounts.items()
        }

    def _account(self, identity: str) -> str:
        return account(identity, self._cluster.settings)

    def port(self, spot: Spot, grants: Sequence[Grant], probing: Probing | None, comment: str) -> None:
        """Write the Server of a port, with a comment if it has no grant, its routes and grants."""
        name = self._make(
            "Server",
            spot.namespace,
            f"{spot.workloads[0].ref.name}-{spot.port_name}",
            self._server(spot, closed=not grants),
            comment,
        )
        by_clients: dict[tuple[str, ...], list[Pattern]] = {}
        patterns = dict.fromkeys(grant.pattern for grant in grants if grant.pattern is not None)
        probed = probing.patterns if probing is not None else ()
        # Of two equal matches, only the older route's counts (R55), so probed paths are left to the probes' route.
        for pattern in [one for one in patterns if one not in probed]:
            clients = tuple(sorted({grant.identity for grant in grants if grant.pattern == pattern}))
            by_clients.setdefault(clients, []).append(pattern)
        for clients, some in by_clients.items():
            self._offers(spot, name, clients, some, grants)
        if probing is not None:
            self._probes(spot, name, probing, grants)
        if patterns:
            rest = [{"path": {"type": str(PathKind.PREFIX), "value": "/"}}]
            why = "The rest: nobody is authorized on it, so that strangers read 403 and not 404."
            self._route(spot, name, f"{name}-rest", rest, why)
        for grant in grants:
            if grant.pattern is None:
                self._authorize(spot, grant.identity, "Server", name, (grant,))

    def _server(self, spot: Spot, *, closed: bool) -> Manifest:
        port = spot.port_name
        spec: dict[str, object] = {
            "podSelector": selector(self._cluster, spot),
            "port": int(port) if port.isdecimal() else port,
        }
        protocol = self._plan.protocols[spot]
        if protocol is not Protocol.UNKNOWN:
            spec["proxyProtocol"] = str(protocol)
        return {**spec, "accessPolicy": str(DefaultPolicy.DENY)} if closed else spec

    def _offers(
        self, spot: Spot, server: str, clients: tuple[str, ...], patterns: Sequence[Pattern], grants: Sequence[Grant]
    ) -> None:
        """Write the routes for requests that the same clients may make, in as few routes as possible."""
        named = "-and-".join(self._clients[one] for one in clients) if len(clients) <= MOST_NAMED else "several"
        most = MOST_MATCHES * MOST_RULES
        for at in range(0, len(patterns), most):
            some = patterns[at : at + most]
            matches = [_match(pattern) for pattern in some]
            who = ", ".join(self._account(one) for one in clients)
            said = ", ".join(pattern.text for pattern in some)
            route = self._route(spot, server, f"{server}-for-{named}", matches, f"{who} -> {spot.name}: {said}.")
            for client in clients:
                own = tuple(one for one in grants if one.identity == client and one.pattern in some)
                self._authorize(spot, client, "HTTPRoute", route, own)

    def _route(self, spot: Spot, server: str, name: str, matches: Sequence[Manifest], why: str = "") -> str:
        rules = [{"matches": list(matches[at : at + MOST_MATCHES])} for at in range(0, len(matches), MOST_MATCHES)]
        parent = {"group": POLICY_GROUP, "kind": "Server", "name": server}
        return self._make("HTTPRoute", spot.namespace, name, {"parentRefs": [parent], "rules": rules}, why)

    def _probes(self, spot: Spot, server: str, probing: Probing, grants: Sequence[Grant]) -> None:
        """Write the routes of probes: one route for all paths that the same clients also request."""
        asking = {
            pattern: tuple(sorted({grant.identity for grant in grants if _asks(grant, pattern)}))
            for pattern in probing.patterns
        }
        by_clients: dict[tuple[str, ...], list[Pattern]] = {}
        for pattern, clients in asking.items():
            by_clients.setdefault(() if probing.by_anybody else clients, []).append(pattern)
        for clients, some in by_clients.items():
            also = sorted({self._account(client) for pattern in some for client in asking[pattern]})
            why = f"The kubelet's probes of {spot.name}."
            if also:
                why += f" {', '.join(also)} may ask for them, too."
            if also and not clients:
                why += " Before you narrow the kubelet's networks, generate this again with --probe-networks."
            route = self._route(spot, server, f"{server}-probes", [_match(pattern) for pattern in some], why)
            self._kubelet(spot, server, route, probing)
            for client in clients:
                own = (one for one in grants if one.identity == client and any(_asks(one, other) for other in some))
                self._authorize(spot, client, "HTTPRoute", route, tuple(own))

    def _kubelet(self, spot: Spot, server: str, route: str, probing: Probing) -> None:
        """Write the grant for the kubelet on a route."""
        if spot.namespace not in self._kubelets:
            spec: Manifest = {"networks": [{"cidr": network} for network in probing.networks]}
            why = (
                "The kubelet has no identity in the mesh. Narrow this to the addresses of your nodes, if you know them."
            )
            self._kubelets[spot.namespace] = self._make("NetworkAuthentication", spot.namespace, "kubelet", spec, why)
        target = {"group": POLICY_GROUP, "kind": "HTTPRoute", "name": route}
        by = {"group": POLICY_GROUP, "kind": "NetworkAuthentication", "name": self._kubelets[spot.namespace]}
        spec = {"targetRef": target, "requiredAuthenticationRefs": [by]}
        self._make(
            "AuthorizationPolicy", spot.namespace, f"kubelet-may-probe-{server}", spec, f"kubelet -> {spot.name}."
        )

    def _authorize(self, spot: Spot, identity: str, kind: str, target: str, grants: tuple[Grant, ...]) -> None:
        by = {
            "group": POLICY_GROUP, "kind": "MeshTLSAuthentication", "name": self._authentication(spot, identity),
        }  # fmt: skip
        spec = {
            "targetRef": {"group": POLICY_GROUP, "kind": kind, "name": target},
            "requiredAuthenticationRefs": [by],
        }
        name = f"{self._clients[identity]}-may-call-{target}".removesuffix(f"-for-{self._clients[identity]}")
        what = ", ".join(grant.pattern.text for grant in grants if grant.pattern) or "any request and connection"
        why = f"{self._account(identity)} -> {spot.name}: {what}."
        self._make("AuthorizationPolicy", spot.namespace, name, spec, why, grants)

    def _authentication(self, spot: Spot, identity: str) -> str:
        key = (spot.namespace, identity)
        if key not in self._authentications:
            name, said = self._clients[identity], self._account(identity)
            space, slash, own = said.partition("/")
            known = bool(slash) and self._cluster.settings.identity(space, own) == identity
            reference = {"kind": "ServiceAccount", "name": own, "namespace": space}
            spec = {"identityRefs": [reference]} if known else {"identities": [identity]}
            self._authentications[key] = self._make("MeshTLSAuthentication", spot.namespace, name, spec)
        return self._authentications[key]

    def sidecars(self, scraping: Sequence[Scraping]) -> None:
        """Write the grant for scrapes of a namespace's sidecars; Linkerd's own rules still admit the port's probes."""
        why, space = "Scrapes of the sidecars' own metrics.", scraping[0].namespace
        for pods in self._scraped(scraping[0]):
            spec = {"podSelector": pods, "port": "linkerd-admin", "proxyProtocol": "HTTP/1"}
            server = self._make("Server", space, "sidecar-admin", spec, why)
            for scraper in (one.scraper for one in scraping):
                home, _, name = scraper.partition("/")
                target = {"group": POLICY_GROUP, "kind": "Server", "name": server}
                by = {"kind": "ServiceAccount", "name": name, "namespace": home}
                grant = {"targetRef": target, "requiredAuthenticationRefs": [by]}
                name = f"{_dns(name)}-may-scrape-sidecars"
                self._make("AuthorizationPolicy", space, name, grant, f"{scraper} -> 4191.")

    def _scraped(self, scraping: Scraping) -> list[Manifest]:
        """Return selectors of the scraped pods: one for all, or one for each workload if some are already governed."""
        if scraping.whole:
            return [{}]
        alike: dict[object, list[Workload]] = {}
        for one in scraping.workloads:
            alike.setdefault(frozenset(labels_of(one).items()), []).append(one)
        meshed = [one for one in self._cluster.workloads if one.meshed]
        return [choosing(some, meshed) for some in alike.values()]

    def _make(
        self, kind: str, namespace: str, name: str, spec: Manifest, why: str = "", grants: tuple[Grant, ...] = ()
    ) -> str:
        free = self._names.free(kind, namespace, _dns(name))
        version = "v1beta3" if kind in ("Server", "HTTPRoute") else "v1alpha1"
        manifest = {
            "apiVersion": f"{POLICY_GROUP}/{version}",
            "kind": kind,
            "metadata": {"name": free, "namespace": namespace},
            "spec": spec,
        }
        self.made.append(Made(Ref(POLICY_GROUP, kind, namespace, free), manifest, why, grants))
        return free


def _asks(grant: Grant, pattern: Pattern) -> bool:
    """Whether a client made the same request as a probe."""
    return grant.pattern is not None and grant.pattern.method == pattern.method and pattern.path.value in grant.paths


def _match(pattern: Pattern) -> Manifest:
    return {"path": {"type": str(pattern.path.kind), "value": pattern.path.value}, "method": pattern.method}


def _dns(text: str) -> str:
    """Return a text as a valid name of an object."""
    found = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-.") else "-" for sign in text.lower())
    return found.strip("-.") or "client"
