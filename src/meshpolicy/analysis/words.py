"""Grants, routes and identities in words that a person reads. Pure."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.change import Changed
from meshpolicy.analysis.client_calls import IdentityChange
from meshpolicy.analysis.clients import ANY_IDENTITY, NICE_ADDRESSES, ClientSet, ClientTerm
from meshpolicy.analysis.patterns import HostPattern, IdentityPattern, PathPattern, Unmoved
from meshpolicy.analysis.pods import PodClass
from meshpolicy.analysis.ports import BY_ADDRESS
from meshpolicy.analysis.regions import ALL_CONNECTIONS, ALL_REQUESTS, Asked, Witness
from meshpolicy.analysis.requests import RequestSet, Term
from meshpolicy.core.axis import Part
from meshpolicy.core.client import ANYONE, Traffic
from meshpolicy.core.match import (
    NEXT_LINE,
    GrpcMatch,
    HostMatch,
    IdentityMatch,
    NetworkMatch,
    PathKind,
    PathMatch,
    ValueMatch,
)
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings

A_CLIENT_WHOSE = "a client whose "
ANY_MESHED = "any meshed client"
EVERYTHING = "every request"
CONNECTIONS = "connections"
EVERY_CALL = "every call"
ANYTHING = "anything"
"""The word for every request, and every connection that carries no HTTP."""
MESHED_OR_SPIFFE = "any meshed or SPIFFE client"
UNMESHED_PARTS: dict[Part[IdentityPattern], str] = {
    Part((), (ANY_IDENTITY,)): "any unmeshed client",
    Part((), (IdentityMatch("*"),)): "any unmeshed or SPIFFE client",
}
PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9._~%@:!$&'+;=-]*)*")
PLAIN_VALUE = re.compile(r"[A-Za-z0-9._/*+^$:-]+")
"""Values that need no quotes."""
OUTSIDE_WORDS = "addresses outside of the cluster"
NODE_WORDS = "the pod's own node"
HTTP_FORMS = ((frozenset((Traffic.HTTP,)), "HTTP/1"), (frozenset((Traffic.HTTP2, Traffic.GRPC)), "HTTP/2"))
"""The words for requests that only one version of HTTP may carry."""


def clients_words(clients: ClientSet, settings: MeshSettings) -> str:
    """Return a set of clients: `pingpong/pinger, any unmeshed client in 10.0.0.0/8`."""
    found: dict[Part[IdentityPattern], list[ClientTerm]] = {}
    for term in clients:
        found.setdefault(term.identities, []).append(term)
    said = (f"{_identities(who, settings)}{_networks(terms)}" for who, terms in found.items())
    return ", ".join(said) or "nobody"


def _identities(part: Part[IdentityPattern], settings: MeshSettings) -> str:
    if part in UNMESHED_PARTS:
        return UNMESHED_PARTS[part]
    meant = " and ".join(_identity(pattern, settings) for pattern in part.all_of) or ANYONE
    return meant + _less(_identity(pattern, settings) for pattern in part.none_of)


def _identity(pattern: IdentityPattern, settings: MeshSettings) -> str:
    if pattern == ANY_IDENTITY:
        return MESHED_OR_SPIFFE
    if isinstance(pattern, IdentityMatch):
        return account(pattern.pattern, settings)
    if not pattern.regex and IdentityMatch(pattern.value).exact:  # a header with the client's identity
        return account(pattern.value, settings)
    return f"{A_CLIENT_WHOSE}{value_words(pattern)}"


def _networks(terms: Iterable[ClientTerm]) -> str:
    parts = dict.fromkeys(term.networks for term in terms)
    if Part() in parts:
        return ""
    inside = (" and ".join(map(network_words, part.all_of)) for part in parts if not part.none_of)
    outside = (_outside(part) for part in parts if part.none_of)
    return f" in {' or '.join((*inside, *outside))}".replace(" in outside of", " outside of")


def _outside(part: Part[NetworkMatch]) -> str:
    within = " and ".join(map(network_words, part.all_of))
    less = " and ".join(map(network_words, part.none_of))
    return f"{within} outside of {less}" if within else f"outside of {less}"


def caller_words(change: IdentityChange, clients: ClientSet, settings: MeshSettings) -> str:
    """Return a workload whose identity changes: `Pod shop/cart (was shop/cart, now unmeshed)`."""
    was, now = (" or ".join(_own(one, settings) for one in said) for said in (change.before, change.after))
    who = now if change.before == change.after else f"was {was}, now {now}"
    moved = "".join(f", {why}" for why in (change.moved, change.address) if why)
    return f"{change.workload} ({who}{moved}){_networks(clients)}"


def _own(identity: str, settings: MeshSettings) -> str:
    return account(identity, settings) if identity else "unmeshed"


def _less(words: Iterable[str]) -> str:
    but = ", ".join(words)
    return f" (not {but})" if but else ""


def network_words(network: NetworkMatch) -> str:
    """Return a network with its exceptions: `10.0.0.0/8 less 10.1.0.0/16`."""
    less = f" less {', '.join(map(str, network.exceptions))}" if network.exceptions else ""
    return f"{network.cidr}{less}"


def asked_words(asked: Iterable[Asked]) -> str:
    """Return requests and connections: `GET /ping, connections`; exceptions come last, as they end the list."""
    asked = tuple(asked)
    if any(one == ALL_REQUESTS for one in asked) and any(one == ALL_CONNECTIONS for one in asked):
        return ANYTHING
    last = sorted(asked, key=lambda one: one.requests is not None and bool(one.requests.but))
    return ", ".join(dict.fromkeys(_asked(one) for one in last))


def _asked(one: Asked) -> str:
    form = next((f" by {words}" for traffics, words in HTTP_FORMS if one.traffics <= traffics), "")
    through = f" through the Service {one.service}" if one.service else ""
    if one.service == BY_ADDRESS:
        through = f" to {BY_ADDRESS}"
    return (CONNECTIONS if one.requests is None else f"{requests_words(one.requests)}{form}") + through


def requests_words(requests: RequestSet) -> str:
    """Return a set of requests: `GET /ping, any method /admin/*`, or `every request but GET /admin/*`."""
    but = ", ".join(map(term_words, requests.but))
    return (", ".join(map(term_words, requests.terms)) or "no request") + (f" but {but}" if but else "")


def term_words(term: Term) -> str:
    """Return one term: method, path, query, headers and hosts."""
    if term == Term():
        return EVERYTHING
    values = "".join(f" [?{value_words(one)}]" for one in term.query.all_of)
    values += "".join(f" [not ?{value_words(one)}]" for one in term.query.none_of)
    values += "".join(f" [{value_words(one)}]" for one in term.headers.all_of)
    values += "".join(f" [not {value_words(one)}]" for one in term.headers.none_of)
    hosts = "" if term.hosts == Part() else f" at {_part(term.hosts, host_words, 'any host')}"
    return f"{_called(term)}{values}{hosts}"


def _called(term: Term) -> str:
    """Return the method and path; for a gRPC call, which is always a POST, only the path."""
    if term.methods == Part(("POST",)) and any(isinstance(one, GrpcMatch) for one in term.paths.all_of):
        return _part(term.paths, path_words, "")
    return f"{_part(term.methods, str, 'any method')} {_part(term.paths, path_words, '/*')}"


def _part(part: Part[Any], words: Callable[[Any], str], everything: str) -> str:
    return (" and ".join(map(words, part.all_of)) or everything) + _less(map(words, part.none_of))


def path_words(pattern: PathPattern) -> str:
    """Return one pattern of paths: `/ping`, `/admin/*`, `~/v.+`, or of gRPC calls `ping.Ping/Ping`."""
    match pattern:
        case PathMatch(PathKind.PREFIX, value):
            return f"{quoted(value.rstrip('/'), PLAIN_PATH)}/*"
        case PathMatch(PathKind.REGEX, value):
            return f"~{quoted(value, PLAIN_VALUE)}"
        case PathMatch(_, value):
            return quoted(value, PLAIN_PATH)
        case GrpcMatch(None, None):
            return EVERY_CALL
        case GrpcMatch(service, method):
            return f"{service or '*'}/{method or '*'}"
        case Unmoved(redirect):
            return f"the paths that a redirect to {redirect.path or redirect.prefix or 'elsewhere'} leaves alone"


def quoted(text: str, plain: re.Pattern[str]) -> str:
    """Return a text unchanged if it cannot be misread, else in quotes as in JSON."""
    return text if plain.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def host_words(pattern: HostPattern) -> str:
    """Return one pattern of hosts."""
    if isinstance(pattern, HostMatch):
        return pattern.pattern
    return f"the hosts that a redirect to {pattern.redirect.hostname or 'another port'} leaves alone"


def from_words(pods: Iterable[PodClass]) -> str:
    """Return the pods of clients: `from pods labelled like shop/cart`. A workload's name stands for its labels."""
    listed = tuple(pods)
    names = dict.fromkeys(name for one in listed for name in one.names)
    others = dict.fromkeys(word for one in listed for word in class_words(one) if word not in one.names)
    like = (f"pods labelled like {', '.join(names)}",) if names else ()
    return f"from {', '.join((*others, *like))}"


def access_words(access: Access, settings: MeshSettings) -> tuple[str, str, str, str]:
    """Return server, port, client and requests of an access."""
    client = clients_words(access.clients, settings)
    chosen = f" whom {' or '.join(map(str, access.admitted_by))} admits" if access.admitted_by else ""
    server = access.server.namespaced_name
    return server, str(access.port), f"{client}{chosen}", asked_words(access.asked)


def change_words(changed: Changed, settings: MeshSettings) -> tuple[str, str, str]:
    """Return the clients, the server and the requests of a change."""
    server = f"{changed.server.namespaced_name}:{changed.port}"
    if changed.region is None:
        return "anyone", server, EVERYTHING
    region = changed.region
    if changed.caller is not None:
        return caller_words(changed.caller, region.clients, settings), server, asked_words(region.asked)
    pods = f" ({from_words(region.pods)})" if region.pods else ""
    return clients_words(region.clients, settings) + pods, server, asked_words(region.asked)


def witness_words(witness: Witness, settings: MeshSettings) -> str:
    """Return one call: `GET /ping by pingpong/pinger from 10.0.0.1`."""
    client, request = witness.client, witness.request
    who = account(client.identity, settings) if client.identity else "an unmeshed client"
    pod = "" if witness.pods.everybody else f" ({pod_words(witness.pods)})"
    usual = client.identity and client.address in NICE_ADDRESSES  # the address makes no difference
    pod += "" if usual else f" from {client.address}"
    if not witness.traffic.is_http:
        return f"a {witness.traffic} connection by {who}{pod}"
    headers = "".join(
        f" [{name}: {value}]" for name, text in request.headers.items() for value in text.split(NEXT_LINE)
    )
    host = f" at {request.authority}" if request.authority else ""
    form = "" if witness.traffic is Traffic.HTTP else f" by {witness.traffic}"
    return f"{request.method} {request.path}{headers}{host}{form} by {who}{pod}"


def pod_words(pods: PodClass) -> str:
    """Return one class of pods."""
    if pods.names:
        return ", ".join(pods.names)
    if pods.example is None:
        return NODE_WORDS if pods.node else OUTSIDE_WORDS
    labels = ",".join(f"{key}={value}" for key, value in sorted(pods.example.labels.items()))
    return f"{f'pods with {labels}' if labels else 'other pods'} in {pods.example.ref.namespace}"


def class_words(pods: PodClass) -> tuple[str, ...]:
    """Return the words for each pod of a class that has its own name."""
    first = pods.names or (pod_words(pods),)
    return (*first, *(pod_words(PodClass(one)) for one in pods.listed))


def all_class_words(pods: Iterable[PodClass]) -> tuple[str, ...]:
    """Return the words for all pods of some classes; the node is left out if every address is included."""
    found = dict.fromkeys(word for one in pods for word in class_words(one))
    return tuple(word for word in found if word != NODE_WORDS or OUTSIDE_WORDS not in found)


def counted(count: int, word: str) -> str:
    """Return a count with its word, in the plural unless it is one."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def account(identity: str, settings: MeshSettings) -> str:
    """Return `namespace/account` for an identity of this mesh, words for a wildcard, else the identity itself."""
    if identity == "*":
        return ANY_MESHED
    suffix = settings.identity("", "")[1:]  # `.serviceaccount.identity.…`, behind the namespace
    inner = identity.removesuffix(suffix)
    if inner == identity or inner.count(".") != 1:
        return identity
    name, _, namespace = inner.partition(".")
    return f"any account of {namespace}" if name == "*" else f"{namespace}/{name}"


def value_words(value: ValueMatch) -> str:
    """Return a header or query parameter with its required value: `x=1`, `x~[0-9]+`."""
    return f"{quoted(value.name, PLAIN_VALUE)}{'~' if value.regex else '='}{quoted(value.value, PLAIN_VALUE)}"


def named_in(clients: Iterable[ClientSet], settings: MeshSettings) -> tuple[str, ...]:
    """Return the accounts of this mesh that sets of clients name, as `namespace/account`."""
    parts = (term.identities for some in clients for term in some)
    patterns = (one for part in parts for one in (*part.all_of, *part.none_of))
    said = (account(one.pattern, settings) for one in patterns if isinstance(one, IdentityMatch) and one.exact)
    return tuple(dict.fromkeys(name for name in said if name.count("/") == 1))


def named_accounts(cluster: Cluster) -> tuple[str, ...]:
    """Return every account that some authentication names, as `namespace/account`."""
    found: dict[str, None] = {}
    for authentication in cluster.identities.values():
        for text in authentication.identities:
            found[account(text, cluster.settings)] = None
        for reference in authentication.references:
            if reference.kind.lower() == "serviceaccount":
                found[f"{reference.namespace}/{reference.name}"] = None
    for policy in cluster.authorization_policies:
        for reference in policy.references:
            if reference.kind.lower() == "serviceaccount":
                found[f"{reference.namespace}/{reference.name}"] = None
    return tuple(name for name in found if "/" in name and " " not in name and "://" not in name)
