"""One port of a workload in one state of the manifests: the policies that may hold, and how calls arrive. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from meshpolicy.analysis.ports import POD_ADDRESS, arrivals
from meshpolicy.core.client import Arrival, Traffic
from meshpolicy.core.policy import PortPolicy
from meshpolicy.core.ref import Origin
from meshpolicy.core.truth import Truth
from meshpolicy.decide.transport import called_by_ipv6, hint, hinted_opaque
from meshpolicy.index.effective import effective, missing_namespace
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record, replace


@record
class Way:
    """The way of a call: the kind of traffic, and the Service through which a meshed client sends it."""

    traffic: Traffic
    service: str = POD_ADDRESS


@record
class Reading:
    """One policy that may hold on a port, as far as the manifests say."""

    policy: PortPolicy
    """The policy, without alternatives."""
    hinted: bool
    """Whether meshed clients are told that the port is opaque."""
    reason: str = ""
    """Why there are other readings; empty if there are none."""
    at_first: bool = False
    """Whether it applies to the first connections only (R104)."""
    with_sidecar: bool = False
    """Whether it applies only if a workload that seems to have no sidecar gets one."""


@dataclass(frozen=True)
class Port:
    """One port of a workload, in one state of the manifests."""

    cluster: Cluster
    workload: Workload
    number: int

    @cached_property
    def policy(self) -> PortPolicy:
        """Return the policy that decides calls to the port, with its alternatives."""
        return effective(self.cluster, self.workload, self.number)

    @cached_property
    def hinted(self) -> Truth:
        """Say whether meshed clients are told that the port is opaque."""
        return hint(self.cluster, self.workload, self.number)

    @property
    def past_proxies(self) -> str:
        """Return a sentence if clients may call a Service over IPv6, bypassing the proxy (R115); otherwise empty."""
        return str(called_by_ipv6(self.cluster, self.workload, self.number) or "")

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Return the policies that may hold; the likeliest first. Workload, `policy` and `hinted` decide them."""
        unsure = self.hinted is Truth.UNKNOWN
        likely = hinted_opaque(self.cluster, self.workload, self.number) if unsure else self.hinted is Truth.YES
        found = list(_readings(self.policy, likely))
        if not self.workload.meshed:
            found = [replace(one, with_sidecar=one.policy.server.origin is not Origin.UNMESHED) for one in found]
        if unsure:
            cause = missing_namespace(self.workload)
            why = cause or f"whether {self.workload.ref}:{self.number} is opaque to meshed clients is not known"
            found += [replace(one, hinted=not likely, reason=one.reason or why) for one in found]
        return tuple(found)

    def arrivals(self, reading: Reading) -> dict[Way, Arrival]:
        """Return how a meshed client's calls arrive by one reading: to a sidecar that may be there, with its mTLS."""
        key = reading.hinted, reading.with_sidecar
        if key not in self._arrivals:
            bare = reading.with_sidecar and not self.workload.meshed
            workload = replace(self.workload, meshed=True) if bare else self.workload
            found = arrivals(self.cluster, workload, self.number, hinted=reading.hinted)
            self._arrivals[key] = {Way(traffic, service): arrival for traffic, service, arrival in found}
        return self._arrivals[key]

    @cached_property
    def _arrivals(self) -> dict[tuple[bool, bool], dict[Way, Arrival]]:
        return {}


def _readings(policy: PortPolicy, hinted: bool, reason: str = "", at_first: bool = False) -> Iterator[Reading]:
    yield Reading(replace(policy, alternatives=()) if policy.alternatives else policy, hinted, reason, at_first)
    for other in policy.alternatives:
        yield from _readings(other.policy, hinted, other.cause or other.reason.text, at_first or other.at_first)
