"""Findings about rate limits that have no effect, or that more clients share than intended. Pure."""

from meshpolicy.findings.check import Found, code
from meshpolicy.findings.ports import by_server
from meshpolicy.index.defaults import probe_paths
from meshpolicy.index.effective import HTTP_PROTOCOLS
from meshpolicy.index.index import index_of
from meshpolicy.kinds.cluster import Cluster


@code(
    "MP028",
    "A rate limit that does not do what it seems to",
    "R99 R100 R101",
    explanation="A rate limit counts in each proxy by itself, acts on unknown, HTTP/1 and HTTP/2 Servers only, and the "
    "oldest on a Server is the only one. The accounts of one override share its bucket, all clients without identity "
    "share one, and probes are counted.",
    fix="One override an account; another protocol; one rate limit a Server; leave room for the probes.",
)
def misleading_rate_limit(cluster: Cluster) -> Found:
    """Find rate limits that are not in force, inert, shared, or that the probes use up."""
    yield from _not_in_force(cluster)
    attached = index_of(cluster).attachments
    for server, ports in by_server(cluster).items():
        limit = next(iter(attached.limits(server)), None)
        if limit is None:
            continue
        if server.protocol not in HTTP_PROTOCOLS:
            yield limit.ref, f"is inert: {server.ref} expects {server.protocol}"
        for rate, accounts in limit.overrides:
            if len(accounts) > 1:
                names = ", ".join(f"{account.namespace}/{account.name}" for account in accounts)
                yield limit.ref, f"{names} share one bucket of {rate} requests per second"
        probed = next((port for port in ports if probe_paths(port.workload, port.port)), None)
        if probed is not None and limit.identity is not None and limit.identity < 2:
            yield limit.ref, f"the probes of {probed.workload.ref} share the bucket of clients without identity"


def _not_in_force(cluster: Cluster) -> Found:
    """Yield the rate limits of a Server other than the oldest one, and those whose unknown age decides."""
    attached = index_of(cluster).attachments
    several = [limits for server in cluster.servers if len(limits := attached.limits(server)) > 1]
    for first, *others in several:
        for other in others:
            yield other.ref, f"is in force unless {first.ref} is older: the manifests do not say"
    perhaps = {limit.ref for limits in several for limit in limits}
    for status in attached.statuses(cluster):
        if status.parent is None and not status.accepted and status.ref not in perhaps:
            yield status.ref, f"is not in force: {status.reason}"
