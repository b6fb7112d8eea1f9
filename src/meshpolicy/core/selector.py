"""Label selectors, as Kubernetes and Linkerd evaluate them (R14). Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Operator(StrEnum):
    """The operators of a matchExpressions entry."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True)
class Expression:
    """One entry of matchExpressions; `values` is None where the field is absent."""

    key: str
    operator: Operator
    values: tuple[str, ...] | None = None

    def accepts(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels fulfil the expression; In and NotIn need values, the others must have none (R14)."""
        match self.operator:
            case Operator.IN:
                return self.values is not None and labels.get(self.key) in self.values
            case Operator.NOT_IN:
                return self.values is not None and labels.get(self.key) not in self.values
            case Operator.EXISTS:
                return self.values is None and self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.values is None and self.key not in labels


@dataclass(frozen=True, slots=True)
class Selector:
    """matchLabels and matchExpressions together; an empty one selects everything."""

    labels: tuple[tuple[str, str], ...] = ()
    expressions: tuple[Expression, ...] = ()

    def accepts(self, labels: Mapping[str, str]) -> bool:
        """Whether all labels and expressions hold."""
        return all(labels.get(key) == value for key, value in self.labels) and all(
            expression.accepts(labels) for expression in self.expressions
        )


class SelectorIndex(Generic[Item]):
    """Things that select pods, found by the first label that they ask for instead of one by one."""

    def __init__(self, items: Iterable[tuple[Selector, Item]]) -> None:
        self._by_label: dict[tuple[str, str] | None, list[tuple[int, Selector, Item]]] = {}
        for order, (selector, item) in enumerate(items):
            label = selector.labels[0] if selector.labels else None
            self._by_label.setdefault(label, []).append((order, selector, item))

    def selecting(self, labels: Mapping[str, str]) -> Iterator[Item]:
        """Yield what selects these labels, in the order given."""
        found = [entry for label in (None, *labels.items()) for entry in self._by_label.get(label, ())]
        for _, selector, item in sorted(found, key=lambda entry: entry[0]):
            if selector.accepts(labels):
                yield item
