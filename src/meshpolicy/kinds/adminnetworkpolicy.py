"""AdminNetworkPolicy and BaselineAdminNetworkPolicy of the Network Policy API (N20-N22). Pure.

Source: sigs.k8s.io/network-policy-api apis/v1alpha1 (adminnetworkpolicy_types.go, shared_types.go).
"""

from enum import StrEnum
from ipaddress import ip_network

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import NetworkMatch
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.networkpolicy import PROTOCOLS, Direction, NetworkRule, Peer, PortRange
from meshpolicy.kinds.reading import read_selector
from meshpolicy.record import record

GROUP = "policy.networking.k8s.io"
HIGHEST = 1000
"""The last priority; the smaller the number, the sooner a policy is asked."""


class Action(StrEnum):
    """What a rule does with the connections that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"
    PASS = "Pass"  # noqa: S105 # the API's word for: leave it to NetworkPolicies
    """Leaves the connection to the NetworkPolicies, and then to the baseline."""


class Tier(StrEnum):
    """When a policy is asked: before the NetworkPolicies, or where none of them selects the pod."""

    ADMIN = "AdminNetworkPolicy"
    BASELINE = "BaselineAdminNetworkPolicy"


@record
class AdminRule:
    """One rule: some peer AND some port; other than in a NetworkPolicy, an empty list of peers matches nobody."""

    action: Action
    matches: NetworkRule
    undecided: tuple[str, ...] = ()
    """Kinds of peers that the manifests do not tell: `nodes`, `domainNames`."""


@record
class AdminNetworkPolicy:
    """A policy for pods of any namespace."""

    ref: Ref
    tier: Tier
    priority: int
    subject: Peer
    ingress: tuple[AdminRule, ...] = ()
    egress: tuple[AdminRule, ...] = ()

    def rules(self, direction: Direction) -> tuple[AdminRule, ...]:
        """Return the rules of one direction, in the order in which they are asked."""
        return self.ingress if direction is Direction.INGRESS else self.egress


def read(document: Fields, ref: Ref) -> AdminNetworkPolicy | None:
    """Read an AdminNetworkPolicy; None if the API server would refuse it."""
    spec = document.child("spec")
    priority = spec.integer("priority", -1)
    if not 0 <= priority <= HIGHEST:
        spec.refuse("priority", f"is missing or not a number from 0 to {HIGHEST}", "N21")
        return None
    return _policy(spec, ref, Tier.ADMIN, priority)


def read_baseline(document: Fields, ref: Ref) -> AdminNetworkPolicy | None:
    """Read the BaselineAdminNetworkPolicy, of which a cluster has one, named `default`."""
    if ref.name != "default":
        document.child("metadata").refuse("name", f"is `{ref.name}`; only `default` is accepted", "N22")
        return None
    return _policy(document.child("spec"), ref, Tier.BASELINE, HIGHEST)


def _policy(spec: Fields, ref: Ref, tier: Tier, priority: int) -> AdminNetworkPolicy | None:
    before = len(spec.problems)
    subject = _pods(spec.child("subject"))
    if subject is None:
        spec.refuse("subject", "is missing: give `namespaces` or `pods`", "N21")
    ingress = tuple(_rule(rule, "from", tier) for rule in spec.children("ingress"))
    egress = tuple(_rule(rule, "to", tier) for rule in spec.children("egress"))
    if subject is None or len(spec.problems) > before:
        return None
    return AdminNetworkPolicy(ref, tier, priority, subject, ingress, egress)


def _pods(fields: Fields) -> Peer | None:
    """Read `namespaces` (all pods of some namespaces) or `pods` (some of them)."""
    if fields.has("namespaces"):
        return Peer(namespaces=read_selector(fields.child("namespaces")))
    if not fields.has("pods"):
        return None
    pods = fields.child("pods")
    return Peer(read_selector(pods.child("podSelector")), read_selector(pods.child("namespaceSelector")))


def _rule(fields: Fields, key: str, tier: Tier) -> AdminRule:
    accepted = [action for action in Action if tier is Tier.ADMIN or action is not Action.PASS]
    word = fields.text("action")
    if word not in accepted:
        fields.refuse("action", f"is `{word}`; accepted are {', '.join(accepted)}", "N21")
    peers: list[Peer] = []
    undecided: list[str] = []
    for entry in fields.children(key):
        pods = _pods(entry)
        peers += (pods,) if pods is not None else _networks(entry)
        undecided += [name for name in ("nodes", "domainNames") if entry.has(name)]
    if not fields.children(key):
        fields.refuse(key, "is missing or empty", "N21")
    ports = tuple(_port(port) for port in fields.children("ports"))
    action = Action(word) if word in accepted else Action.DENY
    return AdminRule(action, NetworkRule(tuple(peers), ports), tuple(undecided))


def _networks(fields: Fields) -> tuple[Peer, ...]:
    found: list[Peer] = []
    for number, text in enumerate(fields.texts("networks")):
        try:
            found.append(Peer(block=NetworkMatch(ip_network(text, strict=False))))
        except ValueError:
            fields.refuse(f"networks[{number}]", f"is `{text}`, where a network such as 10.9.8.0/24 is expected", "N21")
    return tuple(found)


def _port(fields: Fields) -> PortRange:
    if fields.has("namedPort"):
        return PortRange("", name=fields.text("namedPort"))
    ranged = fields.has("portRange")
    entry = fields.child("portRange" if ranged else "portNumber")
    protocol = entry.text("protocol", "TCP")
    if protocol not in PROTOCOLS:
        entry.refuse("protocol", f"is `{protocol}`; accepted are {', '.join(PROTOCOLS)}", "N21")
    first = entry.integer("start" if ranged else "port")
    last = entry.integer("end") if ranged else first
    if not 1 <= first <= last <= 65535:
        entry.refuse("", "holds no port from 1 to 65535", "N21")
    return PortRange(protocol, first, last)


KINDS = (
    Kind(GROUP, "AdminNetworkPolicy", read, namespaced=False),
    Kind(GROUP, "BaselineAdminNetworkPolicy", read_baseline, namespaced=False),
)
