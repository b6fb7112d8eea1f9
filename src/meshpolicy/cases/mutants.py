"""Drops or weakens each policy object of a case in turn; a change that no case notices is not tested. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from meshpolicy.analysis.change import Changed
from meshpolicy.analysis.difference import compare
from meshpolicy.cases.case import Case
from meshpolicy.cases.verify import verify
from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.record import record, replace

EVERYWHERE = [{"cidr": "0.0.0.0/0"}, {"cidr": "::/0"}]
GROUPS = ("policy.linkerd.io", "gateway.networking.k8s.io", "networking.k8s.io")
EVERYONE: Mapping[str, Mapping[str, object]] = {
    "Server": {"accessPolicy": "all-unauthenticated"},
    "AuthorizationPolicy": {"requiredAuthenticationRefs": []},
    "MeshTLSAuthentication": {"identities": ["*"], "identityRefs": None},
    "NetworkAuthentication": {"networks": EVERYWHERE},
    "ServerAuthorization": {"client": {"unauthenticated": True, "networks": EVERYWHERE}},
}
"""The weakened fields of each kind: it then admits everyone, or every mesh identity."""
LATEST = {"Server": "policy.linkerd.io/v1beta3"}
"""The apiVersion of a kind that has the weakened fields."""


@record
class Mutant:
    """One object, dropped or weakened."""

    change: str
    document: Document
    instead: Document | None

    @property
    def name(self) -> str:
        """Return the object's kind and name."""
        metadata = self.document.data.get("metadata")
        inner = metadata if isinstance(metadata, dict) else {}
        return f"{self.document.data.get('kind')} {inner.get('namespace', 'default')}/{inner.get('name', '')}"


@record
class Survivor:
    """A mutant that no case noticed."""

    place: Place
    name: str
    change: str
    tried: tuple[tuple[Case, Mutant], ...] = ()
    """The cases that contain the object."""


@record
class Effect:
    """The effect of a mutant on all requests, whether or not a case contains them."""

    cluster: Cluster
    """The cluster with the mutant."""
    changes: tuple[Changed, ...]


def effect(survivor: Survivor) -> Effect | None:
    """Return what a mutant opens and closes, in the first case where it has an effect; None if it has none.

    All clients and all requests are compared, so each region shows requests that the cases do not contain.
    """
    for case, mutant in survivor.tried:
        before, after = _cluster(case), _cluster(mutated(case, mutant))
        changes = tuple(one for one in compare(before, after) if one.change.changes_requests)
        if changes:
            return Effect(after, changes)
    return None


def _cluster(case: Case) -> Cluster:
    return parse_documents((*case.manifests, *case.policies), case.settings, closed=True).cluster


def mutants(documents: Iterable[Document]) -> Iterator[Mutant]:
    """Yield each policy object dropped, and weakened where it can be."""
    for document in documents:
        group = str(document.data.get("apiVersion", "")).partition("/")[0]
        if group not in GROUPS:
            continue
        yield Mutant("dropped", document, None)
        changed = _weakened(document.data)
        if changed is not None:
            yield Mutant("weakened", document, Document(document.place, changed))


def _weakened(data: Mapping[str, object]) -> dict[str, object] | None:
    """Return an object that admits all clients that its kind can; None if it does already or cannot be weakened."""
    kind, spec = str(data.get("kind")), data.get("spec")
    wider = EVERYONE.get(kind)
    if wider is None or not isinstance(spec, dict):
        return None
    weaker = {key: value for key, value in {**spec, **wider}.items() if value is not None}
    changed = {**data, "spec": weaker}
    return None if changed == data else {**changed, "apiVersion": LATEST.get(kind, data.get("apiVersion"))}


def failing(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Return the cases that already differ from the rules: it is unknown whether they would notice a change."""
    return tuple(case for case in cases if verify(_requests_alone(case)).differences)


def survivors(cases: Sequence[Case]) -> Iterator[tuple[int, tuple[Survivor, ...]]]:
    """Yield, for each case, the number of mutants, and those that no case with the object noticed.

    A case that already fails without a change notices none.
    """
    noticed: dict[tuple[Place, str], bool] = {}
    tried: dict[tuple[Place, str], list[tuple[Case, Mutant]]] = {}
    for case in cases:
        count, fails = 0, bool(failing((case,)))
        for mutant in mutants((*case.manifests, *case.policies)):
            count += 1
            key = (mutant.document.place, mutant.change)
            tried.setdefault(key, []).append((case, mutant))
            if not noticed.get(key):
                noticed[key] = not fails and bool(verify(mutated(case, mutant)).differences)
        yield count, ()
    unseen = (key for key, seen in noticed.items() if not seen)
    yield (
        0,
        tuple(
            Survivor(place, tried[place, change][0][1].name, change, tuple(tried[place, change]))
            for place, change in unseen
        ),
    )


def mutated(case: Case, mutant: Mutant) -> Case:
    """Return the case with one object changed, and without conditions, as these would name the removed object."""

    def change(documents: tuple[Document, ...]) -> tuple[Document, ...]:
        kept = (mutant.instead if document is mutant.document else document for document in documents)
        return tuple(document for document in kept if document is not None)

    return replace(_requests_alone(case), manifests=change(case.manifests), policies=change(case.policies))


def _requests_alone(case: Case) -> Case:
    return replace(case, conditions=(), rejected=())
