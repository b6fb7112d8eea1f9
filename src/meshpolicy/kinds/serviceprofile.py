"""ServiceProfile of linkerd.io, as far as it changes where the calls of meshed clients go (R121). Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import Kind
from meshpolicy.record import record


@record
class ServiceProfile:
    """A ServiceProfile, whose name is the Service's in DNS."""

    ref: Ref
    routes: bool
    """Whether it has routes, which take the place of the Service's HTTPRoutes."""
    overrides: bool
    """Whether it sends calls elsewhere (dstOverrides)."""


def read(document: Fields, ref: Ref) -> ServiceProfile:
    """Read a ServiceProfile."""
    spec = document.child("spec")
    return ServiceProfile(ref, bool(spec.children("routes")), bool(spec.children("dstOverrides")))


KINDS = (Kind("linkerd.io", "ServiceProfile", read),)
