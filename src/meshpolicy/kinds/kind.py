"""What is known of a kind of object: how it is read, and what refuses it beyond its schema. Pure."""

from collections.abc import Callable
from typing import Protocol

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.record import record

POLICY_GROUP = "policy.linkerd.io"
GATEWAY_GROUP = "gateway.networking.k8s.io"


class Object(Protocol):
    """An object of a cluster: whatever a kind reads has its reference."""

    @property
    def ref(self) -> Ref:
        """Return its group, kind, namespace and name, and where it is written."""
        ...


@record
class Kind:
    """One kind of one API group; a module of this package lists its own in `KINDS`, where the registry finds them."""

    group: str
    name: str
    read: Callable[[Fields, Ref], Object | None] | None = None
    """Returns the object, or None after it noted why there is none; no reader: the kind has no say in any answer."""
    validate: Callable[[Fields], None] | None = None
    """Notes what the API server or Linkerd's webhook refuses beyond the schema; it is given what fits the schema."""
    namespaced: bool = True
    template: bool = False
    """Whether it makes Pods: a live cluster holds those as well, and they are read in its place."""
    makes_others: bool = False
    """Whether other objects come of it, by rules that are not read: variables in them hide nothing more."""

    @property
    def resource(self) -> str:
        """Return the name by which kubectl lists the kind: `servers.policy.linkerd.io`."""
        name = self.name.lower()
        plural = f"{name[:-1]}ies" if name.endswith("y") and name[-2] not in "aeiou" else f"{name}s"
        return f"{plural}.{self.group}" if self.group else plural
