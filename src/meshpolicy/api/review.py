"""The review of a change: the calls that it opens and closes, and its new mistakes. Pure."""

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
    """The result of comparing two states of the manifests."""

    after: Cluster
    """The cluster after the change."""
    changes: tuple[Changed, ...] = ()
    """What opens, then what closes, then the rest."""
    brought: tuple[Finding, ...] = ()
    """Errors and warnings that exist only after the change."""
    kept: tuple[Finding, ...] = ()
    """Errors and warnings that exist before and after the change."""
    wrong_before: tuple[Problem, ...] = ()
    """Why the old state cannot be read; if not empty, nothing was compared."""
    wrong_after: tuple[Problem, ...] = ()
    """The problems of the new state."""
    not_read: tuple[Problem, ...] = ()
    """The input of the new state that was left out."""

    nobody: bool = False
    """Whether neither state has a workload, so that there are no calls to compare."""

    doubt: str = ""
    """Why the comparison may miss something; empty if it may not."""

    @property
    def compared(self) -> bool:
        """Whether both states could be read and have workloads, so that an empty result means that nothing changes."""
        return not (self.wrong_before or self.wrong_after or self.nobody)

    def count(self, change: Change) -> int:
        """Return the number of changes of a kind; a doubt counts as an unknown one."""
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
