"""The order in which namespaces get deny as their default. Pure."""

from collections.abc import Collection, Sequence

from meshpolicy.ready.need import Need, NeedKind
from meshpolicy.ready.needs import is_assumed
from meshpolicy.ready.readiness import Readiness, readiness_of
from meshpolicy.ready.standing import Held, Standing
from meshpolicy.record import record


@record
class Turn:
    """The position of a namespace in the order, and why."""

    namespace: str
    readiness: Readiness
    why: str


def order(namespaces: Collection[str], held: Sequence[Held], unsure: Collection[str] = ()) -> tuple[Turn, ...]:
    """Return the namespaces in the order in which to set deny, which affects the callers of a namespace's workloads.

    Ready namespaces come first, then those with only meshed callers, which need grants, then those with callers that
    need a sidecar. `unsure` are the namespaces in which not all needs can be seen.
    """
    turns: list[tuple[tuple[bool, int, int, str], Turn]] = []
    for name in sorted(namespaces):
        own = [one for one in held if _space(one.need) == name]
        plain = sorted({one.need.caller_name for one in own if _is_plain(one)})
        refused = sum(one.standing is Standing.MISSING for one in own)
        unknown = sum(one.standing is Standing.UNKNOWN for one in own)
        found = readiness_of([one.standing for one in own], name in unsure)
        assumed = any(is_assumed(one.need) for one in own)
        why = _why(len(own), refused, unknown, plain, meshed=not assumed)
        if found is Readiness.UNKNOWN and not unknown:
            why += "; not all of them can be seen"
        key = (found is not Readiness.READY, len(plain), refused + unknown, name)
        turns.append((key, Turn(name, found, why)))
    return tuple(turn for _, turn in sorted(turns, key=lambda one: one[0]))


def _space(need: Need) -> str:
    """Return the namespace whose deny affects a need; for DNS, the caller's namespace."""
    if need.kind is NeedKind.DNS and need.client is not None:
        return need.client.ref.namespace
    return need.server.ref.namespace


def _is_plain(held: Held) -> bool:
    """Whether the caller is a workload without a sidecar that is not admitted."""
    client = held.need.client
    return client is not None and not client.meshed and not held.standing.allowed and held.need.kind is not NeedKind.DNS


def _why(needs: int, refused: int, unknown: int, plain: Sequence[str], *, meshed: bool) -> str:
    """Return why a namespace has its position; `meshed` says that all of its other callers are known to be meshed."""
    if not needs:
        return "nobody is known to need anything of it"
    parts = [f"{refused} of {needs} needs refused"] if refused else []
    parts += [f"{unknown} not known"] if unknown else []
    parts += [f"callers without a sidecar: {', '.join(plain)}"] if plain else []
    if not parts:
        return "all its callers are let in" if needs > 1 else "its caller is let in"
    return (
        "; ".join(parts)
        if plain or not meshed
        else f"{'; '.join(parts)}; its callers are all meshed, or need no sidecar"
    )
