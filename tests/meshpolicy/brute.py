"""What becomes of a call in a small cluster, worked out from the rules' text: it shares no code with the package."""

import re
from dataclasses import replace
from ipaddress import ip_address, ip_network

from .worlds import ADDRESSES, MESHED, Grant, NetworkPolicy, Question, Routing, Serving, World

NUMBERS = {"http": 8080, "metrics": 9090}
CLUSTER = tuple(map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")))
GRPC = {403: 7, 404: 5, 502: 14, 504: 14}


def expected(world: World, question: Question) -> str:
    """Return what the client sees."""
    meshed, skipped = question.client in MESHED, _by_clients(world.skipped, question.port)
    servers = [one for one in world.servers if one.app == "ponger" and _number(one) == question.port]
    hinted = _by_clients(world.opaque, question.port) or any(one.protocol == "opaque" for one in servers)  # R65
    http, unseen = question.traffic in ("http", "http2", "grpc"), hinted and question.direct
    if _isolated(world, question, question.port if not meshed or skipped or world.transparent else 4143):
        if not meshed:
            return "unknown" if _may_be_the_node(question) and _unwalled(world, question) == "allow" else "blocked"
        return _said(502 if skipped or hinted else 504, question) if http and not unseen else "closed"  # N12
    if skipped:
        return "allow"  # R10
    server = min(servers, key=lambda one: (one.created, one.name), default=None)  # R16
    kind = ("E" if world.transparent else "D" if hinted or not http else "C") if meshed else "A"  # R62
    found = _met(world, question, server, kind)
    if found == "closed" and meshed and http and not unseen:
        return _said(502, question)  # M2
    return found


def _may_be_the_node(question: Question) -> bool:
    """N2: whether a client may be the pod's own node, which always gets in: its address is no pod's."""
    return question.client == "203.0.113.7"


def _unwalled(world: World, question: Question) -> str:
    """Return what the client sees where no NetworkPolicy keeps it away."""
    return expected(replace(world, network_policies=()), question)


def _met(world: World, question: Question, server: Serving | None, kind: str) -> str:
    """Return what the server's proxy does: the matrix of R63."""
    http = question.traffic in ("http", "http2", "grpc")
    opaque = _listed(world.opaque, question.port)
    protocol = server.protocol if server else "opaque" if opaque else "unknown"  # R17, R21
    routes = [one for one in world.routes if server and one.parent == server.name]
    if protocol == "gRPC" and any(one.kind == "GRPCRoute" and not one.service for one in routes):  # R56
        return _said(403, question) if http and kind != "D" else "closed"
    if protocol == "unknown" and not (http and kind != "D"):
        return _tcp(world, question, server, kind != "A")
    if protocol in ("opaque", "TLS"):
        if kind == "C":
            return _said(404, question)
        return _tcp(world, question, server, kind == "D" or (kind == "E" and protocol == "TLS"))
    if protocol in ("HTTP/1", "HTTP/2", "gRPC"):
        if kind == "D" or (kind == "E" and not http):
            return "closed"
        spoken = ("http",) if protocol == "HTTP/1" else ("http2", "grpc")
        if kind == "A" and question.traffic not in spoken:
            return "400" if (protocol, question.traffic) == ("HTTP/1", "tcp") else "closed"  # M3
    return _http(world, question, server, protocol)


def _tcp(world: World, question: Question, server: Serving | None, known: bool) -> str:
    """R95: the Server's list alone."""
    return "allow" if _admitted(world, question, server, None, known) else "closed"


def _http(world: World, question: Question, server: Serving | None, protocol: str) -> str:
    """R49, R57, R85: routes, or the proxy's own; then who is authorized."""
    method = "POST" if question.traffic == "grpc" else question.method
    mine = [one for one in world.routes if server and one.parent == server.name]
    wanted = "GRPCRoute" if protocol == "gRPC" else "HTTPRoute"
    conflict = wanted == "HTTPRoute" and any(one.kind == "GRPCRoute" for one in mine)  # R48
    routes = [] if conflict else [one for one in mine if one.kind == wanted]
    chosen: Routing | None = None
    if routes:
        ranked = [(_rank(one, question, method), one) for one in routes]
        routes.sort(key=lambda one: (one.created, one.name, one.group))  # R55
        best = max((rank for rank, _ in ranked if rank is not None), default=None)
        if best is None:
            return _said(404, question)
        chosen = next(one for one in routes if _rank(one, question, method) == best)
    elif protocol == "gRPC" and (method != "POST" or question.path.count("/") < 2):
        return _said(404, question)
    elif (question.port, question.path, method) == (8080, "/live", "GET"):
        return "allow"  # R59
    return "allow" if _admitted(world, question, server, chosen, True) else _said(403, question)


def _rank(one: Routing, question: Question, method: str) -> tuple[int, ...] | None:
    """R88 to R94: how specific a route's only match is; None where it does not match."""
    if one.header and question.headers.get("x") != "1":
        return None
    if one.kind == "GRPCRoute":
        parts = question.path.split("/")
        if method != "POST" or len(parts) != 3 or parts[1] != one.service or one.method not in (None, parts[2]):
            return None
        return len(parts[1]), len(one.method or ""), int(one.header)
    if one.method not in (None, method):
        return None
    length = _length(*(one.path or ("PathPrefix", "/")), question.path)
    return None if length is None else (length, int(one.header), int(one.method is not None))


def _length(kind: str, value: str, path: str) -> int | None:
    if kind == "Exact":
        return len(path) if path == value else None
    if kind == "RegularExpression":
        found = re.search(value, path)
        return len(path) if found and found.group() == path else None
    if value == "/":
        return 1
    inside = path.rstrip("/") == value or path.startswith(f"{value}/")
    return len(value) if inside else None


def _admitted(world: World, question: Question, server: Serving | None, chosen: Routing | None, known: bool) -> bool:
    """R24, R51: any grant of the Server, the Namespace or the route; without a Server the default alone (R23)."""
    address = ip_address(ADDRESSES[question.client])
    identity = question.client if known and question.client in MESHED else None
    mode = server.mode if server else world.default or "all-unauthenticated"
    inside = any(address in net for net in CLUSTER)
    near = mode.startswith("all") or inside
    if mode == "audit" or (near and (mode.endswith("-unauthenticated") or (mode != "deny" and identity))):
        return True
    if server is None:
        return False
    for one in world.legacy:
        wide = one.client == "unauthenticated" or (one.client == "tls" and identity) or one.client == identity
        if one.on == server.name and inside and wide:  # R41
            return True
    return any(_granted(grant, server, chosen, identity, str(address)) for grant in world.grants)


def _granted(grant: Grant, server: Serving, chosen: Routing | None, identity: str | None, address: str) -> bool:
    _, kind, name = grant.on
    route = chosen is not None and grant.on == (chosen.group, chosen.kind, chosen.name)  # R28
    if not (route or kind == "Namespace" or (kind == "Server" and name == server.name)):
        return False
    if grant.net and (grant.missing or ip_address(address) not in ip_network(grant.net)):  # R31, R36
        return False
    return grant.identity is None or (identity is not None and grant.identity in ("*", "suffix", identity))


def _isolated(world: World, question: Question, wire: int) -> bool:
    """N1, N7: whether the egress of the client or the ingress of the server lets the connection not through."""
    for way, of, peer in ((False, question.client, "ponger"), (True, "ponger", question.client)):
        isolating = [one for one in world.network_policies if one.of == of and one.ingress is way]
        if isolating and not any(_opens(one, peer, wire) for one in isolating):
            return True
    return False


def _opens(one: NetworkPolicy, peer: str, wire: int) -> bool:
    if not one.rule:
        return False
    if one.ports is not None:
        first = NUMBERS.get(one.ports[0], one.ports[0]) if isinstance(one.ports[0], str) else one.ports[0]
        if not int(first) <= wire <= (one.ports[1] or int(first)):
            return False
    if one.peer is None:
        return True
    if "/" in one.peer:
        return ip_address({**ADDRESSES, "ponger": "10.244.0.21"}[peer]) in ip_network(one.peer)
    return peer != "203.0.113.7" and one.peer in ("arena", peer)


def _number(one: Serving) -> int | None:
    return one.port if isinstance(one.port, int) else NUMBERS.get(one.port)


def _listed(text: str | None, port: int) -> bool:
    """R9: a name empties the whole list."""
    if text is None or re.search("[a-z]", text):
        return False
    ranges = [part.split("-") for part in text.split(",")]
    return any(int(ends[0]) <= port <= int(ends[-1]) for ends in ranges)


def _by_clients(text: str | None, port: int) -> bool:
    """R112: clients are told of the good tokens, names among them."""
    named = [str(NUMBERS.get(part, part)) for part in (text or "").split(",")]
    return any(_listed(part, port) for part in named if part)


def _said(status: int, question: Question) -> str:
    return f"grpc-{GRPC[status]}" if question.traffic == "grpc" else str(status)
