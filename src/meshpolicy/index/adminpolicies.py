"""What the AdminNetworkPolicies and the baseline of a cluster say of a connection (N20-N22). Pure."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth, every, some
from meshpolicy.kinds.adminnetworkpolicy import Action, AdminNetworkPolicy, AdminRule, Tier
from meshpolicy.kinds.networkpolicy import Direction, Peer
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


@record
class Outcome:
    """What a tier does with a connection, or may do; no policy: it says nothing."""

    action: Action = Action.PASS
    by: Ref | None = None


Selects = Callable[[Peer], Truth]
"""Whether a peer of a rule means the other end."""


class AdminPolicies:
    """The policies of both tiers, in the order in which they are asked."""

    def __init__(self, policies: Iterable[AdminNetworkPolicy], subjects: Callable[[Peer, Workload], Truth]) -> None:
        """Keep policies; `subjects` says whether a peer means a pod."""
        self._policies = sorted(policies, key=lambda policy: policy.priority)
        self._subjects = subjects

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._policies)

    def outcomes(
        self,
        tier: Tier,
        direction: Direction,
        pod: Workload,
        port: int,
        protocol: str,
        server: Workload | None,
        of: Selects,
    ) -> tuple[Outcome, ...]:
        """Return what a tier may do with a connection: one outcome where the manifests decide it.

        The first policy by priority that has a matching rule decides; among equal priorities no order is defined.
        """
        found: list[Outcome] = []
        asked = [policy for policy in self._policies if policy.tier is tier]
        for _, equal in groupby(asked, key=lambda policy: policy.priority):
            each = [tuple(self._of_policy(p, direction, pod, port, protocol, server, of)) for p in equal]
            found += [outcome for outcomes in each for outcome in outcomes if outcome.by is not None]
            if any(all(outcome.by is not None for outcome in outcomes) for outcomes in each):
                break
        else:
            found.append(Outcome())
        return tuple(dict.fromkeys(found))

    def _of_policy(
        self,
        policy: AdminNetworkPolicy,
        direction: Direction,
        pod: Workload,
        port: int,
        protocol: str,
        server: Workload | None,
        of: Selects,
    ) -> Iterator[Outcome]:
        """Yield what one policy may do: its first matching rule decides."""
        selected = self._subjects(policy.subject, pod)
        for rule in policy.rules(direction) if selected.possible else ():
            opens = rule.matches.opens(port, protocol, server)
            met = every((selected, opens, _meets(rule, of))) if opens.possible else Truth.NO
            if met.possible:
                yield Outcome(rule.action, policy.ref)
            if met is Truth.YES:
                return
        yield Outcome()


def _meets(rule: AdminRule, of: Selects) -> Truth:
    """Say whether some peer of a rule means the other end."""
    told = some(of(peer) for peer in rule.matches.peers)
    return Truth.UNKNOWN if told is Truth.NO and rule.undecided else told
