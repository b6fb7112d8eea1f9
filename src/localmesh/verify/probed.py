"""Sums up what was seen of the calls, by caller, port and route, for the page. Pure."""

from collections.abc import Sequence

from localmesh.observe.probed import ProbedView, VerifiedView
from localmesh.verify.cell import Cell
from meshverify.cause import Cause
from meshverify.finding import Finding, Outcome, failed

Key = tuple[str, str, str, str]
"""A caller, a workload, a port and a route."""


def verified(cells: Sequence[Cell], findings: Sequence[Finding], time: float) -> VerifiedView:
    """Return the sum of calls with the finding about each; who shows a false certificate or lies is counted only."""
    together: dict[Key, list[tuple[Cell, Finding]]] = {}
    for one, finding in zip(cells, findings, strict=True):
        if not one.client.fault and not one.client.headers:
            key = one.client.name, one.server.workload, one.server.port, one.expected.route
            together.setdefault(key, []).append((one, finding))
    probed = tuple(_probed(key, calls) for key, calls in together.items())
    return VerifiedView(time, len(cells), len(failed(findings)), probed)


def _probed(key: Key, calls: Sequence[tuple[Cell, Finding]]) -> ProbedView:
    passed = [one.expected.cause is Cause.ALLOWED for one, finding in calls if finding.outcome is Outcome.PASSED]
    different = tuple(f"{one.words}: {finding.found}" for one, finding in calls if finding.outcome is Outcome.FAILED)
    return ProbedView(*key, passed.count(True), passed.count(False), different)
