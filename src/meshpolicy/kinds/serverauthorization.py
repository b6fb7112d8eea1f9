"""ServerAuthorization of policy.linkerd.io, the older form of a grant (R39-R42). Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import NetworkMatch
from meshpolicy.core.ref import Ref
from meshpolicy.core.selector import Selector
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.reading import check_exceptions, read_networks, read_selector
from meshpolicy.kinds.references import Target
from meshpolicy.record import record


@record
class ServerAuthorization:
    """A ServerAuthorization: it selects Servers by name or by their labels (R39-R42)."""

    ref: Ref
    server: str
    selector: Selector | None
    networks: tuple[NetworkMatch, ...]
    unauthenticated: bool = False
    any_tls: bool = False
    identities: tuple[str, ...] = ()
    accounts: tuple[Target, ...] = ()

    @property
    def admits_nobody(self) -> bool:
        """Whether it names no client at all: Linkerd leaves it out (R40)."""
        return not (self.unauthenticated or self.any_tls or self.identities or self.accounts)


def read(document: Fields, ref: Ref) -> ServerAuthorization | None:
    """Read a ServerAuthorization (R39-R42)."""
    spec, client = document.child("spec"), document.child("spec").child("client")
    chosen, tls = spec.child("server"), client.child("meshTLS")
    found = read_networks(client)
    if found is None:
        return None
    accounts = tuple(
        Target("", "ServiceAccount", entry.text("namespace", ref.namespace), entry.text("name"))
        for entry in tls.children("serviceAccounts")
    )
    return ServerAuthorization(
        ref,
        chosen.text("name"),
        read_selector(chosen.child("selector")) if chosen.has("selector") else None,
        found,
        client.flag("unauthenticated"),
        tls.flag("unauthenticatedTLS"),
        tls.texts("identities"),
        accounts,
    )


def validate(document: Fields) -> None:
    """Note clients that are described in two ways at once, and exceptions that are none (R36, R40)."""
    client = document.child("spec").child("client")
    check_exceptions(client)
    tls = client.child("meshTLS")
    if client.flag("unauthenticated") and client.has("meshTLS"):
        client.refuse("unauthenticated", "cannot be combined with meshTLS; choose one", "R40")
    if tls.flag("unauthenticatedTLS") and (tls.texts("identities") or tls.children("serviceAccounts")):
        tls.refuse("unauthenticatedTLS", "cannot be combined with identities; choose one", "R40")


KINDS = (Kind(POLICY_GROUP, "ServerAuthorization", read, validate),)
