"""Merges observed paths that differ in an identifier into patterns, unless the user narrowed them. Pure."""

from collections.abc import Mapping, Sequence

from meshpolicy.analysis.words import account
from meshpolicy.core.match import PathKind, PathMatch
from meshpolicy.generate.choice import Choice, Choices, Said
from meshpolicy.generate.grant import Grant, Pattern
from meshpolicy.generate.spot import Spot
from meshpolicy.generate.templates import Template, templates
from meshpolicy.index.defaults import probe_paths
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.traffic.call import ObservedCall, Outcome


class Patterns:
    """The patterns of observed calls, port by port."""

    def __init__(self, cluster: Cluster, choices: Choices) -> None:
        self._cluster, self._choices = cluster, choices
        self._as_seen: dict[tuple[Spot, str, Template], None] = {}
        """The templates that the user narrowed: only their observed paths are granted."""

    def of(
        self, spot: Spot, told: Mapping[tuple[str, str, str], Sequence[ObservedCall]]
    ) -> Mapping[tuple[str, str], Pattern]:
        """Return the pattern for each method and path: a template, unless the user narrowed it."""
        good: dict[str, list[str]] = {}
        for (_, method, path), calls in told.items():
            good.setdefault(method, [])
            if any(answered(call) for call in calls):
                good[method].append(path)
        kept = {
            method: [one for one in templates(paths) if not self._narrowed(spot, method, one, told)]
            for method, paths in good.items()
        }
        return {
            (method, path): next(
                (Pattern(method, one.path, f"{method} {one.text}") for one in kept[method] if one.meets(path)),
                Pattern(method, PathMatch(PathKind.EXACT, path), f"{method} {path}"),
            )
            for _, method, path in told
        }

    def _narrowed(
        self, spot: Spot, method: str, one: Template, told: Mapping[tuple[str, str, str], Sequence[ObservedCall]]
    ) -> bool:
        """Whether the user narrowed a template, or it matches a probe; its requests are then granted as observed."""
        identities = {identity for identity, other, path in told if other == method and one.meets(path)}
        probed = {path for workload in spot.workloads for path in probe_paths(workload, spot.port)}
        if method == "GET" and any(map(one.meets, probed)):
            # Its route and that of the probes would both match, and only the older one counts (R55).
            self._as_seen[spot, method, one] = None
            return True
        saids = (
            Said(account(identity, self._cluster.settings), f"{method} {one.text}", spot.name)
            for identity in sorted(identities)
        )
        if Choice.NARROW not in [self._choices.about(said) for said in saids]:
            return False
        self._as_seen[spot, method, one] = None
        return True

    def were_narrowed(self, grant: Grant) -> bool:
        """Whether the calls belong to a narrowed pattern, which as a whole was observed often enough."""
        return any(
            grant.pattern is not None and (spot, method) == (grant.spot, grant.pattern.method) and one.meets(path)
            for spot, method, one in self._as_seen
            for path in grant.paths
        )


def answered(call: ObservedCall) -> bool:
    """Whether the application answered a request without a failure; for connections, whether they were allowed."""
    if call.outcome is not Outcome.ALLOWED:
        return False
    return call.status is None or call.status < 400
