"""All kinds that are known: every module of this package that lists some in `KINDS` adds them. Pure."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from meshpolicy import kinds
from meshpolicy.kinds.kind import Kind


def _discovered() -> Iterator[Kind]:
    for module in iter_modules(kinds.__path__, f"{kinds.__name__}."):
        yield from getattr(import_module(module.name), "KINDS", ())


KINDS: Mapping[tuple[str, str], Kind] = {(kind.group, kind.name): kind for kind in _discovered()}
"""Every kind by group and name."""
GROUPS = frozenset(group for group, _ in KINDS)


def groups_of(name: str) -> list[str]:
    """Return the groups that have a kind of this name."""
    return [group for group, kind in KINDS if kind == name]


def names_in(group: str) -> list[str]:
    """Return the kinds of a group."""
    return [name for own, name in KINDS if own == group]
