"""From documents to NetworkPolicies; what the API server refuses is noted (N15). Pure."""

from ipaddress import ip_network

from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.core.match import Network, NetworkMatch
from meshpolicy.core.policy import Ref
from meshpolicy.core.selector import Operator, Selector
from meshpolicy.kinds.network import Direction, NetworkPolicy, NetworkRule, Peer, PortRange
from meshpolicy.kinds.parsepolicy import selector

PROTOCOLS = ("TCP", "UDP", "SCTP")


def network_policy(document: Fields, ref: Ref) -> NetworkPolicy | None:
    """Read a NetworkPolicy; None if the API server would refuse it."""
    spec = document.child("spec")
    before = len(document.problems)
    ingress = tuple(_rule(rule, "from") for rule in spec.children("ingress"))
    egress = tuple(_rule(rule, "to") for rule in spec.children("egress"))
    types = _types(spec, egress=bool(egress))
    pods = _selector(spec.child("podSelector"))
    return (
        NetworkPolicy(ref, pods, types, ingress, egress, not spec.has("policyTypes"))
        if len(document.problems) == before
        else None
    )


def _selector(fields: Fields) -> Selector:
    """Read a selector as the API server checks it, which is stricter than Linkerd (R14)."""
    for entry in fields.children("matchExpressions"):
        operator, values = entry.text("operator"), entry.texts("values")
        if operator in (Operator.IN, Operator.NOT_IN) and not values:
            _refuse(entry, "values", f"is missing or empty, which {operator} does not allow")
        if operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST) and values:
            _refuse(entry, "values", f"is given, which {operator} does not allow")
    return selector(fields)


def _types(spec: Fields, *, egress: bool) -> tuple[Direction, ...]:
    """Return the directions; where they are left out, Ingress always and Egress if it has rules (N14)."""
    words = spec.texts("policyTypes")
    if not words:
        return (Direction.INGRESS, Direction.EGRESS) if egress else (Direction.INGRESS,)
    for number, word in enumerate(words):
        if word not in set(Direction):
            _refuse(spec, f"policyTypes[{number}]", f"is `{word}`; accepted are {', '.join(Direction)}")
    return tuple(direction for direction in Direction if direction in words)


def _rule(fields: Fields, key: str) -> NetworkRule:
    return NetworkRule(
        tuple(_peer(peer) for peer in fields.children(key)),
        tuple(_port(port) for port in fields.children("ports")),
    )


def _peer(fields: Fields) -> Peer:
    pods = _selector(fields.child("podSelector")) if fields.has("podSelector") else None
    namespaces = _selector(fields.child("namespaceSelector")) if fields.has("namespaceSelector") else None
    if not fields.has("ipBlock"):
        if pods is None and namespaces is None:
            _refuse(fields, "", "is an empty peer; to mean everyone, leave the whole list out")
        return Peer(pods, namespaces)
    if pods is not None or namespaces is not None:
        _refuse(fields, "ipBlock", "stands beside a selector; make them two peers")
    return Peer(block=_block(fields.child("ipBlock")))


def _block(fields: Fields) -> NetworkMatch | None:
    try:
        cidr = _network(fields.text("cidr"))
    except ValueError:
        _refuse(fields, "cidr", f"is `{fields.text('cidr')}`, where a network such as 10.9.8.0/24 is expected")
        return None
    holes: list[Network] = []
    for number, text in enumerate(fields.texts("except")):
        try:
            hole = _network(text)
        except ValueError:
            _refuse(fields, f"except[{number}]", f"is `{text}`, where a network such as 10.9.8.0/28 is expected")
            continue
        if hole.version != cidr.version or hole == cidr or not _within(hole, cidr):
            _refuse(fields, f"except[{number}]", f"{hole} is no strict part of {cidr}")
        holes.append(hole)
    return NetworkMatch(cidr, tuple(holes))


def _network(text: str) -> Network:
    if "/" not in text:
        raise ValueError(text)
    return ip_network(text, strict=False)


def _within(inner: Network, outer: Network) -> bool:
    return inner.network_address in outer and inner.prefixlen > outer.prefixlen


def _port(fields: Fields) -> PortRange:
    protocol = fields.text("protocol", "TCP")
    if protocol not in PROTOCOLS:
        _refuse(fields, "protocol", f"is `{protocol}`; accepted are {', '.join(PROTOCOLS)}")
    port = fields.port("port")
    if not fields.has("endPort"):
        return PortRange(protocol, name=port) if isinstance(port, str) else PortRange(protocol, port, port)
    last = fields.integer("endPort")
    if not port:
        _refuse(fields, "endPort", "needs a `port` to begin the range")
        return PortRange(protocol)
    if isinstance(port, str):
        _refuse(fields, "endPort", f"cannot follow the name `{port}`; write the port's number")
        return PortRange(protocol, name=port)
    if not port <= last <= 65535:
        _refuse(fields, "endPort", f"is {last}, where a port from {port} to 65535 is expected")
    return PortRange(protocol, port, last)


def _refuse(fields: Fields, key: str, message: str) -> None:
    fields.note(key, message, ProblemKind.REJECTED, "N15")
