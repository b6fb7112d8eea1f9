"""What a reviewer must know of a change: what it opens and closes, and which mistakes it brings. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.difference import compare
from meshpolicy.core.errors import Problem
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.findings.registry import lint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.record import record


@record
class Review:
    """A change of manifests, as far as it matters to who may call whom."""

    after: Cluster
    """The cluster that the change leads to."""
    changes: tuple[Changed, ...] = ()
    """What opens, then what closes, then the rest."""
    brought: tuple[Finding, ...] = ()
    """Errors and warnings that are not there before the change."""
    kept: tuple[Finding, ...] = ()
    """Errors and warnings that are there before and after it."""
    wrong_before: tuple[Problem, ...] = ()
    """What keeps the state before from being read; not empty: nothing was compared."""
    wrong_after: tuple[Problem, ...] = ()
    """What could not be used of the new state."""
    not_read: tuple[Problem, ...] = ()
    """What was left out of the state after."""

    nobody: bool = False
    """Whether neither state has a workload, so that there is nobody whose calls could be compared."""

    doubt: str = ""
    """Why the comparison as a whole may miss something; empty: there is no such reason."""

    @property
    def compared(self) -> bool:
        """Whether both states could be read and speak of somebody, so that no change means that there is none."""
        return not (self.wrong_before or self.wrong_after or self.nobody)

    def count(self, change: Change) -> int:
        """Return how many sets of calls changed in this way; a doubt is one that is unknown."""
        doubts = int(bool(self.doubt) and change is Change.UNKNOWN)
        return doubts + sum(changed.change is change for changed in self.changes)


def review(
    before: Manifests,
    after: Manifests,
    progress: Progress = no_progress,
    suppressed: Sequence[Callable[[Finding], bool]] = (),
) -> Review:
    """Compare two states, and say which findings only the second has.

    A finding is the same in both if its code, its object and its message are, wherever it is written; what the
    first state has once and the second twice, is brought once.
    """
    wrong = (before.deciding, after.deciding)
    brought, kept = _told_apart(*([*_findings(state, progress, suppressed)] for state in (before, after)))
    changes = () if any(wrong) else compare(before.cluster, after.cluster)
    nobody = not (before.cluster.workloads or after.cluster.workloads)
    return Review(after.cluster, changes, brought, kept, *wrong, after.left_out, nobody)


def _findings(
    state: Manifests, progress: Progress, suppressed: Sequence[Callable[[Finding], bool]]
) -> Iterator[Finding]:
    for finding in () if state.unusable else lint(state.cluster, state.refused, progress):
        if finding.code.severity is not Severity.NOTE and not any(covers(finding) for covers in suppressed):
            yield finding


def _told_apart(old: Sequence[Finding], new: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    known = Counter(map(_said, old))
    brought: list[Finding] = []
    kept: list[Finding] = []
    for finding in new:
        (kept if known[_said(finding)] else brought).append(finding)
        known[_said(finding)] -= bool(known[_said(finding)])
    return tuple(brought), tuple(kept)


def _said(finding: Finding) -> tuple[object, ...]:
    return finding.code.code, finding.subject, finding.message
