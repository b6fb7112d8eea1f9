"""TrafficSplit of the Service Mesh Interface, which the extension linkerd-smi makes a ServiceProfile of. Pure.

Source: linkerd/linkerd-smi pkg/adaptor/adaptor.go.
"""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import Kind
from meshpolicy.record import record


@record
class TrafficSplit:
    """A TrafficSplit, as far as it says whose calls may go elsewhere."""

    ref: Ref
    service: str
    """The Service of its own namespace whose calls it splits."""


def read(document: Fields, ref: Ref) -> TrafficSplit:
    """Read a TrafficSplit; its Service may be written with its namespace and domain."""
    return TrafficSplit(ref, document.child("spec").text("service").partition(".")[0])


KINDS = (Kind("split.smi-spec.io", "TrafficSplit", read),)
