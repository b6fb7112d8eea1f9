"""Label selectors, as Kubernetes and Linkerd evaluate them (R14), on labels that may be known in part. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Generic, TypeVar, assert_never

from meshpolicy.core.labels import AnyValue, Labels, whole
from meshpolicy.core.truth import Truth, every, negated, truth
from meshpolicy.record import record

Item = TypeVar("Item")


class Operator(StrEnum):
    """The operators of a matchExpressions entry."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@record
class Expression:
    """One entry of matchExpressions; `values` is None where the field is absent."""

    key: str
    operator: Operator
    values: tuple[str, ...] | None = None

    def matches(self, labels: Labels) -> Truth:
        """Say whether labels fulfil the expression; In and NotIn need values, the others must have none (R14)."""
        match self.operator:
            case Operator.IN:
                return Truth.NO if self.values is None else _valued(labels, self.key, self.values)
            case Operator.NOT_IN:
                return Truth.NO if self.values is None else negated(_valued(labels, self.key, self.values))
            case Operator.EXISTS:
                return Truth.NO if self.values is not None else _there(labels, self.key)
            case Operator.DOES_NOT_EXIST:
                return Truth.NO if self.values is not None else negated(_there(labels, self.key))
        assert_never(self.operator)


def _there(labels: Labels, key: str) -> Truth:
    if key in labels.known or key in labels.present:
        return Truth.YES
    return Truth.UNKNOWN if labels.open(key) else Truth.NO


def _valued(labels: Labels, key: str, values: tuple[str, ...]) -> Truth:
    """Say whether a label has one of the values."""
    if key in labels.known:
        return truth(labels.known[key] in values)
    if not values:
        return Truth.NO
    if key in labels.present:
        return _chosen(labels.present[key], values)
    return Truth.UNKNOWN if labels.open(key) else Truth.NO


def _chosen(choices: AnyValue, values: tuple[str, ...]) -> Truth:
    if choices is None:
        return Truth.UNKNOWN
    met = choices.intersection(values)
    return Truth.YES if met == choices else Truth.UNKNOWN if met else Truth.NO


@record
class Selector:
    """matchLabels and matchExpressions together; an empty one selects everything."""

    labels: tuple[tuple[str, str], ...] = ()
    expressions: tuple[Expression, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> Truth:
        """Say whether all labels and expressions hold."""
        if not isinstance(labels, Labels) and not self.expressions:
            return truth(all(labels.get(key) == value for key, value in self.labels))
        known = whole(labels)
        return every(
            (
                *(_valued(known, key, (value,)) for key, value in self.labels),
                *(expression.matches(known) for expression in self.expressions),
            )
        )

    def accepts(self, labels: Mapping[str, str]) -> bool:
        """Whether all labels and expressions hold for certain."""
        return self.matches(labels) is Truth.YES


class SelectorIndex(Generic[Item]):
    """Things that select pods, found by the first label that they ask for instead of one by one."""

    def __init__(self, items: Iterable[tuple[Selector, Item]]) -> None:
        self._by_label: dict[tuple[str, str] | None, list[tuple[int, Selector, Item]]] = {}
        self._by_key: dict[str, list[tuple[int, Selector, Item]]] = {}
        for order, (selector, item) in enumerate(items):
            label = selector.labels[0] if selector.labels else None
            self._by_label.setdefault(label, []).append((order, selector, item))
            if label is not None:
                self._by_key.setdefault(label[0], []).append((order, selector, item))

    def matching(self, labels: Mapping[str, str]) -> Iterator[tuple[Item, Truth]]:
        """Yield what selects these labels, or may, in the order given."""
        found = [entry for label in (None, *labels.items()) for entry in self._by_label.get(label, ())]
        if isinstance(labels, Labels):
            found += [entry for key in self._open(labels) for entry in self._by_key.get(key, ())]
        for _, selector, item in sorted(found, key=lambda entry: entry[0]):
            met = selector.matches(labels)
            if met.possible:
                yield item, met

    def _open(self, labels: Labels) -> Iterable[str]:
        """Return the labels whose value is not known."""
        if labels.complete:
            return (*labels.present, *labels.perhaps)
        return [key for key in self._by_key if key not in labels.known]

    def selecting(self, labels: Mapping[str, str]) -> Iterator[Item]:
        """Yield what selects these labels for certain, in the order given."""
        for item, met in self.matching(labels):
            if met is Truth.YES:
                yield item
