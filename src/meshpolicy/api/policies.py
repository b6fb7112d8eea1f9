"""The least policies for observed calls, as values."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import NoReturn

from meshpolicy.api.generate import ask_generate
from meshpolicy.api.manifests import Manifests, cluster_of
from meshpolicy.core.errors import InvalidInput, InvalidQuestion, Place, Problem
from meshpolicy.generate.choice import Choices
from meshpolicy.generate.generate import Generated, Wishes
from meshpolicy.generate.proof import sentence
from meshpolicy.record import record
from meshpolicy.traffic.read import read as read_traffic


@record
class GrantedCalls:
    """Calls that the policies grant."""

    sentence: str
    """The sentence for `prove`; it is proved for clients that show the identity."""
    count: int
    """How many of the calls were observed."""
    paths: tuple[str, ...]
    """The paths that were observed; empty if the log has no paths."""
    more_than_observed: bool
    """Whether the grant opens more than was observed: other paths of the same shape, or any request."""
    accepted: bool
    """Whether that was accepted by `accept`."""


@record
class NotGranted:
    """Calls that were observed or that the manifests declare, and that the policies do not grant."""

    client: str
    request: str
    server: str
    why: str
    hint: str
    count: int
    place: Place
    undecided: bool
    """Whether somebody must decide about these calls."""


@record
class LeastPolicies:
    """Policies, and what is proved about them. It has no truth value: use `settled`."""

    manifests: tuple[Mapping[str, object], ...]
    """The objects, ready to be written as YAML."""
    granted: tuple[GrantedCalls, ...]
    not_granted: tuple[NotGranted, ...]
    closed: tuple[str, ...]
    """Ports that get a Server and no grant: `namespace/workload:port`."""
    unproved: tuple[str, ...]
    """What is not proved: observed calls that may be refused, and other calls that are allowed."""
    without_network_policy: tuple[str, ...]
    """Workloads that get no NetworkPolicy though some were asked for, each with the reasons."""
    unread: tuple[Problem, ...]
    """Lines of the traffic that are not understood."""

    @property
    def proved(self) -> bool:
        """Whether all that is granted is allowed, and nothing else on these ports; of nothing, nothing is proved."""
        return not self.unproved and bool(self.manifests)

    @property
    def settled(self) -> bool:
        """Whether all is proved, and nothing is left to decide."""
        undecided = any(one.undecided for one in self.not_granted)
        return self.proved and not undecided and all(one.accepted or not one.more_than_observed for one in self.granted)

    def __bool__(self) -> NoReturn:
        raise TypeError("policies may be proved or not: ask their .proved or .settled")


def least_policies(
    manifests: Manifests,
    traffic: Sequence[str | PathLike[str]],
    *,
    accept: Sequence[str] = (),
    narrow: Sequence[str] = (),
    forbid: Sequence[str] = (),
    min_count: int = 2,
    namespaces: Sequence[str] = (),
    scrapers: Sequence[str] = (),
    network_policies: bool = False,
) -> LeastPolicies:
    """Generate the smallest set of policies that allows the observed calls.

    Args:
        manifests: what `read` returned.
        traffic: files and folders of observed calls: Linkerd's access log, series of Prometheus, the local mesh's tap.
        accept: calls to grant, as `[CLIENT may ][METHOD ]PATH[ on SERVER]`; `*` matches anything.
        narrow: path patterns for which only the observed paths are granted.
        forbid: calls not to grant, written like `accept`.
        min_count: how often a client must have made a call for it to be granted.
        namespaces: the namespaces to generate policies for; empty: those that were called.
        scrapers: the accounts that scrape the sidecars' metrics, as `namespace/account`; empty: the Prometheus of
            linkerd-viz, if the manifests have it.
        network_policies: whether to generate NetworkPolicies, too.

    Returns:
        The objects, what they grant and do not grant, and what is proved about them.

    Raises:
        InvalidInput: a cluster would refuse some of the manifests, or a file of calls cannot be read.
        InvalidQuestion: an entry of `accept`, `narrow` or `forbid` matches nothing observed or declared.

    """
    cluster = cluster_of(manifests)
    wishes = Wishes(Choices.of(accept, narrow, forbid), min_count, tuple(namespaces), tuple(scrapers), network_policies)
    _require_valid(wishes)
    seen = read_traffic([str(path) for path in traffic])
    if seen.unusable:
        raise InvalidInput(seen.problems)
    found = ask_generate(cluster, manifests.reading.documents, seen.calls, wishes)
    return _public(found, seen.problems)


def _require_valid(wishes: Wishes) -> None:
    if wishes.least < 1:
        raise InvalidQuestion(f"min_count {wishes.least}: at least 1 is expected")
    if wrong := next((one for one in wishes.scrapers if one.count("/") != 1 or not all(one.split("/"))), None):
        raise InvalidQuestion(f"scrapers {wrong}: NAMESPACE/ACCOUNT is expected")


def _public(found: Generated, unread: tuple[Problem, ...]) -> LeastPolicies:
    cluster, networks = found.proved.cluster, found.networks
    granted = tuple(
        GrantedCalls(sentence(one, cluster), one.count, one.paths, one.general, one.accepted)
        for one in found.plan.grants
    )
    apart = tuple(
        NotGranted(
            one.said.client, one.said.request, one.said.server, str(one.why), one.hint, one.count, one.place, one.open
        )
        for one in found.plan.aside
    )
    proofs, closed = found.proved.proofs, tuple(one.spot.name for one in found.closed)
    unproved = (
        *found.proved.problems,
        *proofs.refused,
        *(
            f"{'perhaps ' if one.doubt else ''}allowed besides: {one.words} (for example {one.witness})"
            for one in proofs.beyond
        ),
        *proofs.unknown,
        *(networks.refused if networks is not None else ()),
    )
    without = tuple(f"{one.name}: {'; '.join(one.reasons)}" for one in (networks.without if networks else ()))
    manifests = tuple(one.manifest for one in found.made)
    return LeastPolicies(manifests, granted, apart, closed, unproved, without, unread)
