"""Objects as written in manifests, including those that decide no access but show who needs it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.core.fields import Fields, objects_of
from meshpolicy.record import record


@record
class Manifest:
    """One object as it is written."""

    group: str
    kind: str
    namespace: str
    name: str
    fields: Fields
    document: Document = field(repr=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def spec(self) -> Fields:
        """Return its spec."""
        return self.fields.child("spec")

    @property
    def metadata(self) -> Fields:
        """Return its metadata."""
        return self.fields.child("metadata")

    @property
    def pod(self) -> Fields:
        """Return the spec of the Pod, or of the object's pod template."""
        return self._template.child("spec")

    @property
    def pod_metadata(self) -> Fields:
        """Return the metadata of the Pod, or of the object's pod template."""
        return self._template.child("metadata")

    @property
    def _template(self) -> Fields:
        match self.kind:
            case "Pod":
                return self.fields
            case "CronJob":
                return self.spec.child("jobTemplate").child("spec").child("template")
            case _:
                return self.spec.child("template")

    def place(self, fields: Fields, key: str = "") -> Place:
        """Return the file and line of one of the object's fields."""
        return self.document.located(fields.at(key) if key else fields.place)


class Written:
    """All objects of some documents."""

    def __init__(self, documents: Iterable[Document], namespace: str = "") -> None:
        """Index the objects; those without a namespace are in `namespace`, or else in `default`."""
        self._namespace = namespace or "default"
        self._by_kind: dict[str, list[Manifest]] = {}
        self._by_name: dict[tuple[str, str, str], list[Manifest]] = {}
        for found in (found for document in documents for found in self._objects(document)):
            self._by_kind.setdefault(found.kind, []).append(found)
            named = self._by_name.setdefault((found.kind, found.namespace, found.name), [])
            if all(found.fields.data != one.fields.data for one in named):
                named.append(found)

    def of(self, *kinds: str) -> Iterator[Manifest]:
        """Yield the objects of some kinds."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def find(self, kind: str, namespace: str, name: str) -> Sequence[Manifest]:
        """Return the objects with a name; several if files define it differently, as each may be in force."""
        return self._by_name.get((kind, namespace, name), ())

    def _objects(self, document: Document) -> Iterator[Manifest]:
        for fields in objects_of(Fields(document.data, document.place, [])):
            kind, metadata = fields.data.get("kind"), fields.child("metadata")
            if isinstance(kind, str) and metadata.text("name"):
                group = fields.text("apiVersion").rpartition("/")[0]
                namespace = document.namespace or metadata.text("namespace") or self._namespace
                yield Manifest(group, kind, namespace, metadata.text("name"), fields, document)
