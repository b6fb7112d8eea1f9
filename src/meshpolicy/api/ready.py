"""Whether deny can be the default, according to the manifests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from meshpolicy.analysis.access import account_of
from meshpolicy.analysis.questions import ACCOUNT, UNMESHED, account_caller, caller
from meshpolicy.core.document import Manifest
from meshpolicy.core.errors import InvalidQuestion, Place, Problem, ProblemKind, UnknownWorkload
from meshpolicy.core.match import Network
from meshpolicy.findings.injection import asked_in_vain
from meshpolicy.kinds.annotations import INJECT
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.injection import WORDS
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.undecided import Undecided
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.manifests.parse import parse_manifests
from meshpolicy.ready.deny import meshed_namespaces
from meshpolicy.ready.manifest import Written
from meshpolicy.ready.need import Party, Unseen
from meshpolicy.ready.needs import Evidence
from meshpolicy.ready.report import Report, report
from meshpolicy.traffic.read import NOTHING_OBSERVED, Observed


def ask_ready(
    reading: Manifests,
    namespaces: Sequence[str] = (),
    home: str = "",
    told: Mapping[Party, str] | None = None,
    nodes: tuple[Network, ...] = (),
    seen: Observed = NOTHING_OBSERVED,
) -> Report:
    """Return what breaks if deny is the default.

    Args:
        reading: what was read.
        namespaces: the namespaces that get the annotation; empty: every namespace with a sidecar.
        home: the namespace of objects that name none.
        told: who parties are, as a person names callers; an empty text says nothing. An account of which no workload
            was read is taken as it is: the answer is then never ready, for its sidecar is not known.
        nodes: the networks in which nodes have their addresses; none: any.
        seen: the calls that were observed, and the lines of logs that could not be read.

    Raises:
        InvalidQuestion: there is no such namespace, or a party is an address.
        UnknownWorkload: there is no such party, and it is not written as `namespace/account`.

    """
    cluster = reading.cluster
    known = {one.ref.namespace for one in cluster.workloads}
    if missing := [name for name in namespaces if name not in known]:
        there = ", ".join(sorted(known)) or "none"
        raise InvalidQuestion(f"--namespace {missing[0]}: no workload of it was read; there are {there}")
    written = Written(reading.documents, home)
    parties = {who: _party(cluster, text) for who, text in (told or {}).items() if text}
    unread = dict.fromkeys((*_unread(reading, seen.problems), *_in_vain(cluster, written, namespaces)))
    evidence = Evidence(parties, nodes, seen.calls)
    chosen = namespaces or meshed_namespaces(cluster)
    return report(cluster, written, chosen, evidence, partial(_objects, cluster.settings), tuple(unread))


def _objects(settings: MeshSettings, manifests: Sequence[Manifest]) -> Sequence[Object]:
    return parse_manifests(manifests, settings, "the suggestion").cluster.objects


def _in_vain(cluster: Cluster, written: Written, namespaces: Sequence[str]) -> Iterator[Unseen]:
    """Yield the workloads that ask for a sidecar in vain, with the reason: deny has no effect on them (R111)."""
    for ref, why in asked_in_vain(cluster):
        if not namespaces or ref.namespace in namespaces:
            own = written.find(ref.kind, ref.namespace, ref.name)
            spaces = [one for one in written.of("Namespace") if one.name == ref.namespace]
            said = [*((one, one.pod_metadata) for one in own), *((one, one.metadata) for one in spaces)]
            who, place = str(ref), ref.place or Place("the input")
            for manifest, notes in ((one, metadata.child("annotations")) for one, metadata in said):
                if str(notes.data.get(INJECT, "")) not in WORDS:
                    who = f"Namespace {manifest.name}" if manifest in spaces else str(ref)
                    place = manifest.place(notes, INJECT)
                    break
            yield Unseen(place, who, "its sidecar" if who == str(ref) else "its sidecars", why)


def _unread(reading: Manifests, lost: Iterable[Problem]) -> Iterator[Unseen]:
    """Yield unread input that may be or contain a caller; with any, the answer is never ready."""
    for problem in reading.left_out:
        if problem.workloads or problem.kind is ProblemKind.NOT_RENDERED:
            yield Unseen(problem.place, problem.place.file, "its workloads", problem.message)
    for one in reading.cluster.of(Undecided):
        place = one.ref.place or Place("the input")
        whole = one.ref.kind == "Namespace" or (one.elsewhere and not reading.cluster.closed)
        if whole or one.workload is not None:
            yield Unseen(place, str(one.ref), "what it calls", f"it {one.told}")
    for problem in lost:
        yield Unseen(problem.place, problem.place.file, "observed calls", problem.message)
    if reading.live:  # reading policies should not need the permission to read these
        what = "Ingresses, monitors, webhooks, ConfigMaps, Secrets, and Jobs of which no pod runs"
        why = "they are not read from a live cluster; ask about manifests in files as well"
        yield Unseen(Place("the live cluster"), "the cluster", what, why)


def _party(cluster: Cluster, text: str) -> tuple[Workload | Party, ...]:
    """Return the callers that a text names: workloads with the name or account, or an account without any workload."""
    if text == UNMESHED:
        return (Party.OUTSIDE,)
    holders = tuple(one for one in cluster.workloads if account_of(one) == text)
    try:
        who = caller(cluster, text)
    except UnknownWorkload:
        if not holders and not ACCOUNT.fullmatch(text):
            raise
        return holders or (account_caller(text),)
    if (found := who.workload) is None:
        raise InvalidQuestion(f"`{text}` is an address, where a workload or an account is expected")
    return holders if found.ref.kind == "ServiceAccount" and holders else (found, *who.more)
