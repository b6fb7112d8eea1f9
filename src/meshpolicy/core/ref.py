"""An object of the cluster, or what Linkerd adds by itself, and a reason that names one. Pure values."""

from dataclasses import field
from enum import StrEnum

from meshpolicy.core.errors import Place
from meshpolicy.record import record


class Origin(StrEnum):
    """Where a grant, a route or the policy of a port comes from."""

    OBJECT = "object"
    """An object of the manifests, or of the cluster."""
    DEFAULT_POLICY = "default policy"
    """The port's default policy, or a Server's accessPolicy; the name says which (R22, R25)."""
    DEFAULT_ROUTE = "default route"
    """The route for everything, where no other is in force (R57)."""
    PROBES = "the kubelet's probes"
    """The route for the probe paths, and its grant (R57)."""
    LOCALHOST = "localhost"
    """The grant for a pod that calls itself (R80)."""
    SKIPPED = "the port bypasses the proxy"
    """No policy: the traffic of the port never meets the proxy (R10)."""
    UNMESHED = "the workload is not meshed"
    """No policy: the workload has no proxy."""
    UNKNOWN = "unknown"
    """The manifests do not say which policy governs the port."""


@record(order=True)
class Ref:
    """An object of the cluster and where it is written, or what Linkerd adds by itself, by its origin."""

    group: str
    """Empty: the core group."""
    kind: str
    namespace: str
    name: str
    place: Place | None = field(default=None, compare=False)
    origin: Origin = Origin.OBJECT

    @classmethod
    def added(cls, origin: Origin, name: str = "") -> "Ref":
        """Return what Linkerd adds by itself; a default policy has a name."""
        return cls("", "", "", name, origin=origin)

    @property
    def is_object(self) -> bool:
        """Whether an object stands behind it, and not Linkerd itself."""
        return self.origin is Origin.OBJECT

    @property
    def namespaced_name(self) -> str:
        """Return `namespace/name`."""
        return f"{self.namespace}/{self.name}"

    def __str__(self) -> str:
        if not self.is_object:
            return f"{self.origin} {self.name}".rstrip()
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@record
class Reason:
    """What was found, by which rule, in which object: one step of a decision."""

    text: str
    rule: str = ""
    """`R81`, of docs/reference/rules.md; empty: none."""
    ref: Ref | None = None
    """The object, with its place."""

    def __str__(self) -> str:
        place = f" ({self.ref.place})" if self.ref and self.ref.place else ""
        return f"{self.text}{place}" + (f" [{self.rule}]" if self.rule else "")
