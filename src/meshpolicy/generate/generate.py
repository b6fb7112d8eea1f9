"""Generates policies from observed calls, in one step. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import field

from meshpolicy.core.errors import InvalidQuestion
from meshpolicy.generate.choice import Choices
from meshpolicy.generate.closed import Closed
from meshpolicy.generate.needed import FindNeeded, nothing_needed
from meshpolicy.generate.networks import Networks, network_policies
from meshpolicy.generate.objects import Made, objects
from meshpolicy.generate.plan import LEAST, Plan, plan
from meshpolicy.generate.probing import Probing, probings
from meshpolicy.generate.proof import Proved, parsed_objects, proved, with_objects
from meshpolicy.generate.scraping import Scraping, scrapings
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record
from meshpolicy.traffic.call import ObservedCall


@record
class Wishes:
    """The user's options."""

    choices: Choices = field(default_factory=Choices)
    least: int = LEAST
    """How often a client must have made the same request."""
    namespaces: tuple[str, ...] = ()
    """The namespaces to generate policies for; empty means those that were called."""
    scrapers: tuple[str, ...] = ()
    """Accounts that scrape the sidecars' metrics, as `namespace/account`; empty: those that the manifests hold."""
    network_policies: bool = False
    """Whether NetworkPolicies are made, too."""


NO_WISHES = Wishes()


@record
class Generated:
    """The policies, and everything to report about them."""

    plan: Plan
    probing: tuple[Probing, ...]
    scraping: tuple[Scraping, ...]
    proved: Proved
    networks: Networks | None = None
    """The NetworkPolicies; None if they were not requested."""

    @property
    def made(self) -> tuple[Made, ...]:
        """Return all objects."""
        return (*self.proved.made, *(self.networks.made if self.networks is not None else ()))

    @property
    def closed(self) -> tuple[Closed, ...]:
        """Return the ports that get a Server and no grant."""
        return self.plan.closed

    @property
    def settled(self) -> bool:
        """Whether all is proved, and nothing is left to decide."""
        refused = self.networks is not None and self.networks.refused
        return self.plan.decided and self.proved.proofs.hold and not self.proved.problems and not refused


def generate(
    cluster: Cluster,
    calls: Iterable[ObservedCall],
    wishes: Wishes = NO_WISHES,
    find_needed: FindNeeded = nothing_needed,
) -> Generated:
    """Return the least policies that allow the observed calls, with a report of what else they open.

    `find_needed` finds declared calls that the policies would refuse; these are granted if the user accepted them.
    Raises InvalidQuestion for a choice that matches nothing observed or declared.
    """
    calls = tuple(calls)
    found = plan(cluster, calls, wishes.choices, wishes.least, wishes.namespaces)
    if needed := find_needed(_after(cluster, found), {(one.ref, s.port) for s in found.spots for one in s.workloads}):
        found = plan(cluster, calls, wishes.choices, wishes.least, wishes.namespaces, needed)
        calls = (*calls, *(call for grant in found.grants if grant.declared for call in grant.calls))
    if unused := list(wishes.choices.unused()):
        said = ", ".join(f"--{one.choice} '{one.text}'" for one in unused)
        raise InvalidQuestion(
            f"{said}: nothing that was observed or declared is meant; write it as `meshpolicy generate` prints it"
        )
    probing, scraping = probings(cluster, found), scrapings(cluster, found, wishes.scrapers or _scrapers(cluster))
    done = proved(cluster, found, objects(cluster, found, probing, scraping), probing, scraping)
    networks = (
        network_policies(done.cluster, found, calls, scraping, wishes.namespaces) if wishes.network_policies else None
    )
    return Generated(found, probing, scraping, done, networks)


def _after(cluster: Cluster, found: Plan) -> Cluster:
    """Return the cluster with the policies for what was observed."""
    made = objects(cluster, found, probings(cluster, found), ())
    return with_objects(cluster, parsed_objects(cluster, made).cluster.objects)


def _scrapers(cluster: Cluster) -> Sequence[str]:
    """Return the accounts of Linkerd's own Prometheus, if the manifests contain it."""
    labels = {"component": "prometheus", "linkerd.io/extension": "viz"}
    return tuple(
        dict.fromkeys(
            f"{one.ref.namespace}/{one.service_account}"
            for one in cluster.workloads
            if all(one.labels.get(key) == value for key, value in labels.items())
        )
    )
