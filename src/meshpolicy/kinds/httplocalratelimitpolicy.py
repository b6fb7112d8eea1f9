"""HTTPLocalRateLimitPolicy of policy.linkerd.io: requests per second and proxy (R99-R102). Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.reading import read_created
from meshpolicy.kinds.references import Target, kind_of, read_target
from meshpolicy.record import record

RATE = "requestsPerSecond"
MOST_RATE = 2**32 - 1


@record
class RateLimitPolicy:
    """An HTTPLocalRateLimitPolicy as written; overrides are (requests per second, accounts)."""

    ref: Ref
    created: str
    target: Target
    total: int | None
    identity: int | None
    overrides: tuple[tuple[int, tuple[Target, ...]], ...]


def read(document: Fields, ref: Ref) -> RateLimitPolicy | None:
    """Read an HTTPLocalRateLimitPolicy (R99-R102); None where Linkerd leaves it out, be it stored or not (R38)."""
    spec = document.child("spec")
    target = read_target(spec.child("targetRef"), ref.namespace)
    if kind_of(target) != (POLICY_GROUP, "server") or not _readable(spec):
        return None
    overrides = tuple(
        (entry.integer(RATE), tuple(read_target(client, ref.namespace) for client in entry.children("clientRefs")))
        for entry in spec.children("overrides")
    )
    return RateLimitPolicy(
        ref,
        read_created(document),
        target,
        _rate(spec, "total"),
        _rate(spec, "identity"),
        overrides,
    )


def _readable(spec: Fields) -> bool:
    """Whether Linkerd's controller can read all rates and accounts (policy-controller/k8s/api, u32; client_ref)."""
    overrides = spec.children("overrides")
    rates = [entry.data.get(RATE) for entry in (spec.child("total"), spec.child("identity"), *overrides)]
    clients = (read_target(client, "") for entry in overrides for client in entry.children("clientRefs"))
    return all(rate is None or (isinstance(rate, int) and 0 <= rate <= MOST_RATE) for rate in rates) and all(
        kind_of(client) == ("core", "serviceaccount") for client in clients
    )


def _rate(spec: Fields, key: str) -> int | None:
    return spec.child(key).integer(RATE) if spec.has(key) else None


def validate(document: Fields) -> None:
    """Note rates of zero, rates above the total, and references to anything but a Server and accounts (R99, R102)."""
    spec = document.child("spec")
    target = read_target(spec.child("targetRef"), "")
    if kind_of(target) != (POLICY_GROUP, "server"):
        spec.refuse("targetRef", f"{target} is not a Server", "R99")
    total = _rate(spec, "total")
    rates = [entry for entry in (spec.child("total"), spec.child("identity")) if entry.has(RATE)]
    for entry in (*rates, *spec.children("overrides")):
        rate = entry.integer(RATE)
        if rate <= 0:
            entry.refuse(RATE, "must be greater than 0", "R101")
        elif rate > MOST_RATE:
            entry.refuse(RATE, f"is {rate}, more than the {MOST_RATE} that Linkerd can count", "R101")
        elif total is not None and rate > total:
            entry.refuse(RATE, f"is {rate}, more than the total of {total}", "R101")
        for client in entry.children("clientRefs"):
            reference = read_target(client, "")
            if kind_of(reference) != ("core", "serviceaccount"):
                client.refuse("kind", f"{reference} is not a ServiceAccount", "R102")


KINDS = (Kind(POLICY_GROUP, "HTTPLocalRateLimitPolicy", read, validate),)
