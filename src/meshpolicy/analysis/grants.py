"""The objects that decide calls of some classes: grants that admit their clients, and routes that they meet. Pure."""

from collections.abc import Iterable, Iterator

from meshpolicy.analysis.calls import Calls, Entry
from meshpolicy.analysis.outcomes import Passage
from meshpolicy.core.ref import Ref


def granted_by(calls: Calls, state: int, entries: Iterable[Entry], bits: int) -> tuple[Ref, ...]:
    """Return the objects that grant these classes of calls to some of the clients `bits` in one state, each once."""
    found: dict[Ref, None] = {}
    for passage in dict.fromkeys(_passages(calls, state, entries, bits)):
        found |= {ref: None for ref, admitted in admitted_by(calls, passage).items() if admitted & bits}
    return tuple(found)


def routes_of(calls: Calls, state: int, entries: Iterable[Entry], bits: int) -> tuple[Ref, ...]:
    """Return the routes that these classes of calls meet in one state where the clients `bits` make them, each once."""
    passages = dict.fromkeys(_passages(calls, state, entries, bits))
    return tuple(dict.fromkeys(passage.route for passage in passages if passage.route is not None))


def admitted_by(calls: Calls, passage: Passage) -> dict[Ref, int]:
    """Return the clients whom each grant of a passage admits, as bits."""
    found: dict[Ref, int] = {}
    for grant in passage.grants or ():
        found[grant.ref] = found.get(grant.ref, 0) | calls.clients.admitted((grant,))
    return found


def _passages(calls: Calls, state: int, entries: Iterable[Entry], bits: int) -> Iterator[Passage]:
    for entry in entries:
        for meshed, half in ((False, calls.clients.unmeshed), (True, calls.clients.meshed)):
            if bits & half:
                for passage, met in calls.passages(state, entry, meshed=meshed):
                    if met & bits & half:
                        yield passage
