"""Server of policy.linkerd.io: ports of pods, what is spoken there, and what is granted by itself (R13-R19). Pure."""

from collections.abc import Mapping

from meshpolicy.core.fields import Fields
from meshpolicy.core.policy import DefaultPolicy, Protocol
from meshpolicy.core.ref import Ref
from meshpolicy.core.selector import Selector
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.reading import read_created, read_selector, read_word
from meshpolicy.record import record


@record
class Server:
    """A Server: ports of pods (or of ExternalWorkloads), their protocol and what is granted by itself."""

    ref: Ref
    created: str
    port: int | str
    protocol: Protocol
    access: DefaultPolicy
    pods: Selector | None = None
    external: Selector | None = None
    labels: tuple[tuple[str, str], ...] = ()
    closed: bool = False
    """Whether a manifest says `accessPolicy: deny`; of a stored object that may be the API server's default."""


def read(document: Fields, ref: Ref) -> Server | None:
    """Read a Server; without `accessPolicy` it grants nothing, in every API version (R18, R19)."""
    spec = document.child("spec")
    port = spec.port("port")
    if not spec.has("port"):
        spec.refuse("port", "is missing")
    pods, external = spec.has("podSelector"), spec.has("externalWorkloadSelector")
    if pods == external:
        spec.refuse("podSelector", "exactly one of podSelector and externalWorkloadSelector is needed")
    protocol = read_word(spec, "proxyProtocol", Protocol, Protocol.UNKNOWN)
    # One that Linkerd cannot read, where the webhook let it pass, grants nothing, either.
    access = read_word(spec, "accessPolicy", DefaultPolicy, DefaultPolicy.DENY) or DefaultPolicy.DENY
    if port == 0 or pods == external or protocol is None:
        return None
    return Server(
        ref,
        read_created(document),
        port,
        protocol,
        access,
        read_selector(spec.child("podSelector")) if pods else None,
        read_selector(spec.child("externalWorkloadSelector")) if external else None,
        tuple(document.child("metadata").strings("labels").items()),
        _says_deny(document) and not read_created(document),
    )


def _says_deny(document: Fields) -> bool:
    """Whether the manifest itself says that the Server is closed: it is the default as well (R19)."""
    written = document.written.get("spec")
    return isinstance(written, Mapping) and written.get("accessPolicy") == DefaultPolicy.DENY


KINDS = (Kind(POLICY_GROUP, "Server", read),)
