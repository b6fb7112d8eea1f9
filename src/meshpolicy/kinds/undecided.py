"""Objects of which it is not known what they say: they exist, or may exist, and decide something (R130). Pure."""

from collections.abc import Mapping

from meshpolicy.core.ref import Ref
from meshpolicy.record import record

AUTHENTICATIONS = frozenset({"MeshTLSAuthentication", "NetworkAuthentication"})
OF_SERVERS = frozenset({"AuthorizationPolicy", "ServerAuthorization", "HTTPLocalRateLimitPolicy"})
"""Kinds that act where a Server governs, and nowhere else (R23, R100)."""


@record
class Undecided:
    """An object that cannot be read, since something has yet to be filled in, rendered or chosen."""

    ref: Ref
    told: str
    """What is missing, as the end of a sentence that begins with the object."""
    text: str = ""
    """All that it says, by which two of them are told apart."""
    everywhere: bool = False
    """Whether it may hold policies of any namespace: what was not rendered."""
    elsewhere: bool = False
    """Whether what it says lies outside of the input: in a closed world there is none of it."""
    ungoverned: bool = False
    """Whether it decides about ports without a Server only, as a default policy does."""
    workload: Ref | None = None
    """The one workload that it is about; None: it is about others, or about all of its namespace."""
    calls: bool = True
    """Whether it decides, too, how that workload calls others."""
    selectors: tuple[Mapping[str, str], ...] | None = None
    """The labels of the pods that it is about; None: it selects none."""

    def concerns(self, workload: Ref, labels: Mapping[str, str]) -> bool:
        """Whether it may decide about the ports of a workload; authentications act only where they are named."""
        if self.everywhere:
            return True
        if self.ref.kind == "Namespace":
            return workload.namespace == self.ref.name
        if workload.namespace != self.ref.namespace or self.ref.kind in AUTHENTICATIONS:
            return False
        if self.workload is not None:
            return self.workload == workload
        if self.selectors is not None:
            return any(all(labels.get(key) == value for key, value in one.items()) for one in self.selectors)
        return True

    def tells_of(self, workload: Ref) -> bool:
        """Whether it may decide how a workload calls others: whether it has a sidecar, and under which account."""
        if self.ref.kind == "Namespace":
            return self.ref.name == workload.namespace
        return self.calls and self.workload == workload
