"""From documents to a cluster in one pass: each object is read, and checked as the API server would. Pure.

Every problem is collected. What a cluster would refuse is known beside what cannot be read at all.
"""

from collections.abc import Iterable, Iterator

from meshpolicy.core.document import Document, Manifest, located
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.fields import Fields, objects_of
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.core.ref import Ref
from meshpolicy.core.spelling import did_you_mean
from meshpolicy.kinds.annotations import WEBHOOKS
from meshpolicy.kinds.assembly import assemble
from meshpolicy.kinds.kind import POLICY_GROUP, Kind, Object
from meshpolicy.kinds.namespace import Namespace
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.pod import read_cron_job, read_pod, read_template
from meshpolicy.kinds.reading import was_changed
from meshpolicy.kinds.registry import GROUPS, groups_of, names_in
from meshpolicy.kinds.schema import ALIKE, as_stored
from meshpolicy.kinds.serverauthorization import ServerAuthorization
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.undecided import Undecided
from meshpolicy.manifests import duplicates
from meshpolicy.manifests.admission import ADMITTED, admission, asks_linkerd, is_known, kind_of, tolerated
from meshpolicy.manifests.duplicates import Given
from meshpolicy.manifests.installed import is_config, with_installed
from meshpolicy.manifests.installers import Installer, installers_of, with_installers
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.record import replace

MAKES_PODS = frozenset({read_pod, read_template, read_cron_job})
NETWORK_POLICIES = frozenset({"NetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"})
UNREADABLE = "was changed to what Linkerd cannot read: what it said before may hold until the controller restarts"


def parse_documents(
    documents: Iterable[Document],
    settings: MeshSettings | None = None,
    before: Iterable[Problem] = (),
    progress: Progress = no_progress,
    *,
    namespace: str = "",
    closed: bool = False,
) -> Manifests:
    """Return what documents say, and everything that is wrong with them after the problems `before`.

    The one way in: reading, schema and admission are one pass. Kinds that are not known here are ignored.
    Objects that name no namespace are read as of `namespace`; where that is empty, as of `default`.
    `closed` says that the cluster has no other objects than these.
    """
    documents, before = tuple(documents), tuple(before)
    reader = _Reader(namespace)
    for document in progress(documents, "documents checked", len(documents)):
        for fields in objects_of(Fields(document.data, document.place, reader.problems)):
            reader.read(fields, document)
    reader.settle_webhooks()
    installed = with_installed(reader.configs, settings or MeshSettings(), reader.problems)
    installed, unknown = with_installers(reader.installers, installed)
    reader.objects += unknown
    reader.problems += duplicates.told(reader.given)
    return Manifests(
        documents,
        assemble(
            (*reader.objects, *duplicates.settled(reader.given), *_not_rendered(before)), installed, closed=closed
        ),
        (*before, *located(dict.fromkeys(reader.problems), documents)),
        tuple(reader.unplaced),
    )


def parse_manifests(manifests: Iterable[Manifest], settings: MeshSettings, where: str) -> Manifests:
    """Return what objects say that stand in no file; `where` is what places say instead of one."""
    return parse_documents([Document(Place(where, number), one) for number, one in enumerate(manifests, 1)], settings)


def _not_rendered(problems: Iterable[Problem]) -> Iterator[Object]:
    """Yield what stands for the objects that were not rendered: policies of any kind, in any namespace."""
    for problem in problems:
        if problem.kind is ProblemKind.NOT_RENDERED:
            ref = Ref("", "file", "", problem.place.file, problem.place)
            yield Undecided(ref, "is not rendered, and may hold policies", problem.digest, everywhere=True)
            yield OtherNetworkPolicy(ref, text=problem.digest)


class _Reader:
    """Reads one object after the other, and keeps what it found."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._put_into = ""
        """The namespace of all objects of a document, whatever they name."""
        self.unplaced: list[Ref] = []
        self.problems: list[Problem] = []
        self.objects: list[Object] = []
        """Objects whose content is unknown."""
        self.given: dict[Ref, Given] = {}
        self._by_webhook: list[tuple[str, Problem]] = []
        """What Linkerd's webhooks refuse, each with its namespace."""
        self.configs: list[Fields] = []
        """What the mesh was installed with."""
        self.installers: list[Installer] = []
        """What GitOps tools install it with."""

    def read(self, fields: Fields, document: Document) -> None:
        """Read and check one object; one with variables that have no value is kept as undecided."""
        self.installers += installers_of(fields, document.unset)
        if not fields.has("apiVersion") and not fields.has("kind"):
            return  # No manifest: a chart's values, for one, may lie in the same folder.
        self._put_into = document.namespace
        if document.unset:
            self._keep_undecided(fields, document.unset)
            return
        if is_config(fields):
            self.configs.append(fields)
        before = len(self.problems)
        admitted = ADMITTED.stored(fields)
        stored = as_stored(fields) if admitted is None else admitted
        self._object(fields, stored, document.via or fields.place.file)
        refused = admission(fields, stored) if admitted is None else []
        if not refused:
            ADMITTED.keep(fields, stored)
            return
        if document.found and not is_known(fields):
            refused = tolerated(fields, refused)
        read = self.problems[before:]
        found = [problem for problem in read if not _follows(problem, refused) and not _is_inside(problem, read)]
        kept = [problem for problem in refused if not _covers(found, problem.place)]
        self.problems[before:] = found + kept
        told = [problem for problem in self.problems[before:] if problem.kind is ProblemKind.REJECTED]
        if told and asks_linkerd(fields, stored):
            self._by_webhook += [(self._namespace_of(fields), problem) for problem in told]

    def settle_webhooks(self) -> None:
        """Tolerate what webhooks refuse in namespaces about which they are not asked: there it is stored (R38)."""
        spaces = (given.item for given in self.given.values() if isinstance(given.item, Namespace))
        exempt = {space.ref.name for space in spaces if (WEBHOOKS, "disabled") in space.labels}
        stored = {problem for namespace, problem in self._by_webhook if namespace in exempt}
        for number, problem in enumerate(self.problems if stored else ()):
            if problem in stored:
                told = f"{problem.message}; it is stored, as Linkerd's webhooks are not asked about its namespace"
                self.problems[number] = replace(problem, message=told, kind=ProblemKind.TOLERATED)

    def _keep_undecided(self, fields: Fields, unset: tuple[str, ...]) -> None:
        kind = kind_of(fields)
        ref = self._reference(fields, kind) if kind is not None and kind.read is not None else None
        if ref is None or kind is None or kind.read is None:
            return
        if kind.makes_others:
            self.objects += filter(None, (kind.read(fields, ref),))
            return
        told = f"has the variable {', '.join(unset)}, which has no value; give it with --set {unset[0]}=VALUE"
        if unset[0].startswith("{{"):
            told = f"has the template {unset[0]}, which is not rendered"
        elif unset[0].startswith("$"):
            told = f"has {unset[0]}, whose value is not computed: write ${{NAME}} or ${{NAME:=default}}"
        workload = ref if kind.read in MAKES_PODS else None
        found = Undecided(ref, told, str(fields.data), workload=workload)
        # Of a network policy it is not even known whom it selects.
        self.objects.append(OtherNetworkPolicy(ref, text=found.text) if ref.kind in NETWORK_POLICIES else found)
        fields.note("", f"left out: {ref} {told}", ProblemKind.LEFT_OUT)

    def _object(self, fields: Fields, stored: Fields, source: str) -> None:
        version, name = fields.required("apiVersion"), fields.required("kind")
        group = version.rpartition("/")[0]
        if not version or not name:
            return
        kind = kind_of(fields)
        if kind is None:
            _note_unknown(fields, group, name)
            return
        ref = self._reference(fields, kind) if kind.read is not None else None
        if ref is None or kind.read is None:
            return
        known = self.given.get(ref)
        if known is not None and known.source == source:
            fields.note("", f"{ref} is given twice, first in {known.place}")
            return
        item = kind.read(stored, ref)
        if item is not None and known is not None:
            known.add(item, source)
        elif item is not None:
            self.given[ref] = Given(item, source, fields.place)
        dropped = item is None or (isinstance(item, ServerAuthorization) and item.admits_nobody)
        if dropped and group == POLICY_GROUP and was_changed(fields):
            self.objects.append(Undecided(ref, UNREADABLE, str(fields.data)))

    def _reference(self, fields: Fields, kind: Kind) -> Ref | None:
        metadata = fields.child("metadata")
        name = metadata.required("name")
        if not name:
            return None
        own = (self._put_into or metadata.text("namespace")) if kind.namespaced else ""
        namespace = self._namespace_of(fields) if kind.namespaced else ""
        ref = Ref(kind.group, kind.name, namespace, name, fields.place)
        if kind.namespaced and not own and not self._namespace:
            self.unplaced.append(ref)
        return ref

    def _namespace_of(self, fields: Fields) -> str:
        """Return the namespace of an object that has one."""
        return self._put_into or fields.child("metadata").text("namespace") or self._namespace or "default"


def _note_unknown(fields: Fields, group: str, name: str) -> None:
    """Note a kind under the wrong one of the groups that are known here, and a kind that Linkerd's policies lack."""
    groups = groups_of(name)
    if groups and group in GROUPS:
        owners = " or ".join(own or "the core group (v1)" for own in groups)
        fields.note("apiVersion", f"is `{fields.text('apiVersion')}`: a {name} is of {owners}")
    elif group == POLICY_GROUP and name:
        fields.note("kind", f"is `{name}`, which {group} does not have{did_you_mean(name, names_in(group))}")


def _covers(problems: Iterable[Problem], place: Place) -> bool:
    """Whether a problem of the same field, or of a field in it, is known already: one mistake, one message."""
    return any(f"{known.place.field}.".startswith(f"{place.field}.") for known in problems)


def _is_inside(problem: Problem, problems: Iterable[Problem]) -> bool:
    """Whether a field is only missed because one that it is in cannot be read: one mistake, one message."""
    field = problem.place.field
    return any(field.startswith(f"{other.place.field}.") for other in problems if other.kind is ProblemKind.UNUSABLE)


def _follows(problem: Problem, refused: Iterable[Problem]) -> bool:
    """Whether a field is only missed because another one beside it is written almost so: one mistake, one message."""
    parent, _, name = problem.place.field.rpartition(".")
    if name.endswith("]"):
        return False
    written = (other.place.field.rpartition(".") for other in refused)
    beside = [word for place, _, word in written if place == parent and word != name and not word.endswith("]")]
    if not beside:
        return False
    from difflib import get_close_matches

    return bool(get_close_matches(name, beside, n=1, cutoff=ALIKE))
