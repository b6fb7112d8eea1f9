"""The steps of a decision in words: what was found, in which object, by which rule. Pure."""

from collections.abc import Iterable

from meshpolicy.core.client import Client
from meshpolicy.core.policy import Authorization, PortPolicy, Protocol, RateLimit, TlsAuthenticated
from meshpolicy.core.ref import Origin, Reason
from meshpolicy.decide.authorized import authenticated
from meshpolicy.decide.routing import Routed


def governed(policy: PortPolicy) -> tuple[Reason, ...]:
    """Say what governs the port."""
    if not policy.server.is_object:
        text = f"no Server governs port {policy.port}; the default policy is {policy.server.name}"
        return (Reason(text, "R20"),)
    how = ", whose protocol is detected" if policy.protocol is Protocol.UNKNOWN else f" as {policy.protocol}"
    return (Reason(f"{policy.server} governs port {policy.port}{how}", "R13", policy.server),)


def matched(routed: Routed) -> Reason:
    """Say which route the request matches."""
    ref = routed.route.ref
    if not ref.is_object:
        what = "the probes" if ref.origin is Origin.PROBES else "everything"
        return Reason(f"the request matches Linkerd's own route for {what}", "R57")
    return Reason(f"the request matches {ref}", "R91", ref)


def opaque_on_http(policy: PortPolicy) -> Reason:
    """Say that a stream comes to a port that is declared to be HTTP."""
    return Reason(f"{policy.server} expects {policy.protocol}, and this connection is opaque", "R64", policy.server)


def granted(grant: Authorization) -> Reason:
    """Say who admits the client."""
    if grant.ref.origin is Origin.LOCALHOST:
        return Reason("a pod may always call itself", "R80")
    if grant.ref.origin is Origin.PROBES:
        return Reason("the kubelet may probe", "R57")
    if not grant.ref.is_object:
        return Reason(f"{grant.ref.name} admits the client", "R22")
    through = f" through {', '.join(map(str, grant.via))}" if grant.via else ""
    return Reason(f"{grant.ref} admits the client{through}", "R81", grant.ref)


def binding_rates(limit: RateLimit, identity: str) -> tuple[int, ...]:
    """Return the rates that bind a client's request: the total, then its override's or else its identity's (R101)."""
    total = () if limit.total is None else (limit.total,)
    for override in limit.overrides:
        if identity and any(match.accepts(identity) for match in override.identities):
            return (*total, override.rps)
    return total if limit.identity is None else (*total, limit.identity)


def limited(limit: RateLimit, identity: str) -> Reason:
    """Say that a rate limit counts the request, and how many it lets pass."""
    rates = " and ".join(f"{rate} a second" for rate in binding_rates(limit, identity))
    words = f"{limit.ref} lets {rates} of such requests pass in each proxy" if rates else f"{limit.ref} does not bind"
    return Reason(f"{words}; the others get 429" if rates else words, "R101", limit.ref)


def not_granted(policy: PortPolicy, grants: Iterable[Authorization], client: Client) -> tuple[Reason, ...]:
    """Say of each grant why it does not apply."""
    who = client.identity or "a client without mesh identity"
    found = []
    for grant in grants:
        if grant.ref.origin is Origin.LOCALHOST:
            continue
        lacking = (
            f"requires {_required(grant)}; this client has {client.identity or 'none'}"
            if not authenticated(grant, client)
            else f"does not include {client.address or 'addresses such as this client may have'}"
        )
        found.append(Reason(f"{grant.ref} {lacking}", "R81", grant.ref))
    if policy.invalid is not None:
        return (Reason(f"{policy.invalid} makes the proxy refuse all of {policy.server}", "R56", policy.invalid),)
    return tuple(found) or (Reason(f"nothing is granted here to {who}", "R24", policy.server),)


def _required(grant: Authorization) -> str:
    """Say whom a grant means; next to the identity of the client, a misspelt name is easy to see."""
    if not isinstance(grant.authentication, TlsAuthenticated):
        return "a client with TLS"
    patterns = [found.pattern for found in grant.authentication.identities]
    if "*" in patterns:
        return "any mesh identity"
    more = f" or {len(patterns) - 2} others" if len(patterns) > 2 else ""
    return f"the identity {' or '.join(patterns[:2])}{more}"
