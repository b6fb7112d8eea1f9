"""Drops or weakens each policy object of a case in turn: what no case notices is not tested. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from meshpolicy.analysis.difference import Changed, compare
from meshpolicy.cases.case import Case
from meshpolicy.cases.verify import verify
from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.record import record

GROUPS = ("policy.linkerd.io", "gateway.networking.k8s.io", "networking.k8s.io")
EVERYONE: Mapping[str, Mapping[str, object]] = {
    "Server": {"accessPolicy": "all-unauthenticated"},
    "AuthorizationPolicy": {"requiredAuthenticationRefs": []},
    "MeshTLSAuthentication": {"identities": ["*"], "identityRefs": None},
    "NetworkAuthentication": {"networks": [{"cidr": "0.0.0.0/0"}]},
    "ServerAuthorization": {"client": {"unauthenticated": True}},
}
"""How each kind is weakened: it admits everyone, or every mesh identity."""


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
    """The cases that hold the object."""


@record
class Effect:
    """What a mutant does to requests, whatever the cases ask for."""

    cluster: Cluster
    """The one with the mutant."""
    changes: tuple[Changed, ...]


def effect(survivor: Survivor) -> Effect | None:
    """Return what a change opens and closes in the first case in which it does; None: in no case does it anything.

    All clients and all requests are compared, so that each region is a request that the cases do not ask for.
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
        wider, spec = EVERYONE.get(str(document.data.get("kind"))), document.data.get("spec")
        if wider is not None and isinstance(spec, dict):
            weaker = {key: value for key, value in {**spec, **wider}.items() if value is not None}
            changed = {**document.data, "spec": weaker}
            if changed != document.data:
                yield Mutant("weakened", document, Document(document.place, changed))


def survivors(cases: Sequence[Case]) -> Iterator[tuple[int, tuple[Survivor, ...]]]:
    """Yield, per case, how many mutants there were, and which of them no case that holds the object noticed."""
    noticed: dict[tuple[Place, str], bool] = {}
    tried: dict[tuple[Place, str], list[tuple[Case, Mutant]]] = {}
    for case in cases:
        count = 0
        for mutant in mutants((*case.manifests, *case.policies)):
            count += 1
            key = (mutant.document.place, mutant.change)
            tried.setdefault(key, []).append((case, mutant))
            if not noticed.get(key):
                noticed[key] = bool(verify(mutated(case, mutant)).differences)
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
    """Return the case with one object changed; conditions are not compared, for they name what is gone."""

    def change(documents: tuple[Document, ...]) -> tuple[Document, ...]:
        kept = (mutant.instead if document is mutant.document else document for document in documents)
        return tuple(document for document in kept if document is not None)

    return replace(case, manifests=change(case.manifests), policies=change(case.policies), conditions=(), rejected=())
