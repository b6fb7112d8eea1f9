"""Which rate limit is in force on a Server (R99-R102). Pure."""

from meshpolicy.cluster import Cluster
from meshpolicy.match import IdentityMatch
from meshpolicy.objects import POLICY_GROUP, RateLimitPolicy, Server
from meshpolicy.policy import RateLimit, RateLimitOverride


def rate_limit(cluster: Cluster, server: Server) -> RateLimit | None:
    """Return the oldest policy that targets the Server; later ones are not accepted (R99)."""
    found = next(iter(targeting(cluster, server.ref.namespace, server.ref.name)), None)
    if found is None:
        return None
    overrides = tuple(
        RateLimitOverride(
            rps,
            tuple(IdentityMatch(cluster.settings.identity(account.namespace, account.name)) for account in accounts),
        )
        for rps, accounts in found.overrides
    )
    return RateLimit(found.ref, found.total, found.identity, overrides)


def targeting(cluster: Cluster, namespace: str, server: str) -> tuple[RateLimitPolicy, ...]:
    """Return the policies that name a Server, oldest first."""
    found = [
        policy
        for policy in cluster.rate_limits_of.get(namespace, ())
        if policy.target.group == POLICY_GROUP and policy.target.kind == "Server" and policy.target.name == server
    ]
    return tuple(sorted(found, key=lambda policy: (policy.created, policy.ref.name)))
