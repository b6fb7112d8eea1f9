"""What a cluster would refuse of an object: its metadata, its kind's schema, the rules of its kind. Pure."""

from collections.abc import Iterable, Mapping

from meshpolicy.core.errors import Problem, ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.kind import POLICY_GROUP, Kind
from meshpolicy.kinds.metadata import check_metadata
from meshpolicy.kinds.othernetworkpolicies import kind_by_name
from meshpolicy.kinds.pod import kind_with_template
from meshpolicy.kinds.registry import KINDS
from meshpolicy.kinds.schema import check_schema
from meshpolicy.record import replace

WEBHOOKED = frozenset({POLICY_GROUP, "gateway.networking.k8s.io", "linkerd.io"})
"""Groups about whose objects Linkerd's webhooks are asked."""
BUILT_IN = frozenset({"", "apps", "autoscaling", "batch", "extensions", "policy"})
"""The API server's own groups, beside those that end with `.k8s.io`."""
MOST_ADMITTED = 20_000
"""Objects that are kept from one state to the next; more are forgotten all at once."""


class Admitted:
    """Objects that no cluster refuses, as it stores them: those of a second state that were not changed are among them.

    What is told of an object here rests on its data alone, and the same text is the same data (`manifests.pieces`).
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Mapping[str, object], Mapping[str, object]]] = {}
        """By the id of the data, which is kept, so that it stays its own."""

    def stored(self, fields: Fields) -> Fields | None:
        """Return an object as it is stored; None where it is not known whether a cluster refuses it."""
        found = self._known.get(id(fields.data))
        return None if found is None else fields.with_data(found[1])

    def keep(self, fields: Fields, stored: Fields) -> None:
        """Keep an object that no cluster refuses."""
        if len(self._known) >= MOST_ADMITTED:
            self._known.clear()
        self._known[id(fields.data)] = fields.data, stored.data


ADMITTED = Admitted()


def asks_linkerd(fields: Fields, stored: Fields) -> bool:
    """Whether a webhook of Linkerd refuses an object, which fits the definition of its kind."""
    if _names(fields)[0] not in WEBHOOKED:
        return False
    own = fields.with_problems([])
    check_metadata(own)
    check_schema(own, stored)
    return not own.problems


def is_known(fields: Fields) -> bool:
    """Whether an object is of a kind that is known here, or makes pods."""
    return kind_of(fields) is not None


def kind_of(fields: Fields) -> Kind | None:
    """Return the kind of an object; one that is not listed is told by what it holds, or by its name."""
    key = _names(fields)
    return KINDS.get(key) or kind_with_template(fields, *key) or kind_by_name(*key)


def _names(fields: Fields) -> tuple[str, str]:
    """Return the group and the name of an object's kind."""
    return str(fields.data.get("apiVersion", "")).rpartition("/")[0], str(fields.data.get("kind", ""))


def tolerated(fields: Fields, problems: Iterable[Problem]) -> list[Problem]:
    """Return what a cluster refuses of an object on which no answer rests; files of other tools look like objects."""
    group, _ = _names(fields)
    if group not in BUILT_IN and not group.endswith(".k8s.io"):
        return []
    return [replace(problem, kind=ProblemKind.TOLERATED) for problem in problems]


def admission(fields: Fields, stored: Fields) -> list[Problem]:
    """Return why a cluster would refuse an object: its metadata, its kind's schema, and the rules of its kind."""
    own = fields.with_problems([])
    check_metadata(own)
    check_schema(own, stored)
    kind = KINDS.get(_names(fields))
    if kind is not None and kind.validate is not None and not own.problems:
        kind.validate(stored.with_problems(own.problems))
    return own.problems
