"""Namespace: its labels, which select it, and its annotations, which its new pods inherit (R8). Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import Kind
from meshpolicy.record import record


@record
class Namespace:
    """A Namespace."""

    ref: Ref
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()


def read(document: Fields, ref: Ref) -> Namespace:
    """Read a Namespace; Kubernetes gives each the label of its name."""
    metadata = document.child("metadata")
    labels = metadata.strings("labels") | {"kubernetes.io/metadata.name": ref.name}
    return Namespace(ref, tuple(labels.items()), tuple(metadata.strings("annotations").items()))


KINDS = (Kind("", "Namespace", read, namespaced=False),)
