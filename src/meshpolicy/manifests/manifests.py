"""Documents, what they say, and what is wrong with them. Pure."""

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Problem, ProblemKind
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.assembly import rebuilt
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.undecided import Undecided
from meshpolicy.record import record, replace

NOT_READ = frozenset({ProblemKind.LEFT_OUT, ProblemKind.AMBIGUOUS, ProblemKind.NOT_RENDERED})
"""Kinds of problems with which nothing is wrong: the rest is read."""


@record
class Manifests:
    """Documents, what they say, and what is wrong with them."""

    documents: tuple[Document, ...]
    cluster: Cluster
    """All objects that could be read, those that would be refused among them."""
    problems: tuple[Problem, ...] = ()
    unplaced: tuple[Ref, ...] = ()
    """Objects without a namespace, where none was given either; they are read as of `default`."""
    live: bool = False
    """Whether they are those of a live cluster: what is stored is in force, whatever a webhook would say of it."""

    @property
    def unusable(self) -> tuple[Problem, ...]:
        """Return the problems of documents that cannot be read at all."""
        return tuple(problem for problem in self.problems if problem.kind is ProblemKind.UNUSABLE)

    @property
    def left_out(self) -> tuple[Problem, ...]:
        """Return what was not read, as it is no manifest or was not rendered; nothing is wrong with it."""
        return tuple(problem for problem in self.problems if problem.kind in NOT_READ)

    @property
    def wrong(self) -> tuple[Problem, ...]:
        """Return the problems that must be mended before these manifests can be applied."""
        return tuple(problem for problem in self.problems if problem.kind not in NOT_READ)

    @property
    def linted(self) -> Cluster:
        """Return the cluster without what stands for network policies that were not rendered: these are no mistakes."""
        doubts = tuple(one for one in self.cluster.of(Undecided) if one.everywhere or one.elsewhere)
        names = {(one.ref.kind, one.ref.name) for one in doubts}
        if not names:
            return self.cluster
        kept = (
            item
            for item in self.cluster.objects
            if not (isinstance(item, OtherNetworkPolicy) and (item.ref.kind, item.ref.name) in names)
            and item not in doubts
        )
        found = rebuilt(self.cluster, kept)
        return replace(found, objects=(*found.objects, *doubts), derived={})

    @property
    def deciding(self) -> tuple[Problem, ...]:
        """Return the problems that must be mended before a question about access can be answered."""
        if self.live:
            return self.unusable
        return tuple(problem for problem in self.wrong if problem.kind is not ProblemKind.TOLERATED)

    @property
    def refused(self) -> tuple[Problem, ...]:
        """Return the problems of documents that a cluster would refuse."""
        kinds = (ProblemKind.REJECTED, ProblemKind.TOLERATED)
        return tuple(problem for problem in self.problems if problem.kind in kinds)
