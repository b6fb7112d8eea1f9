"""Random edits of manifests that people wrote: the policy cases, the broken deployments and the project's own."""

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

from meshpolicy.cases.read import read_cases
from meshpolicy.manifests.load import load

from .build import Manifest

ROOT = Path(__file__).resolve().parents[2]
OWN = ("k8s/base", "mesh/policies", "mesh/network")
Way = tuple[str, ...]
"""The fields that lead to a value of an object; an element of any list is `[]`."""
KEPT: frozenset[Way] = frozenset(
    {("kind",), ("apiVersion",), ("metadata",), ("spec",), ("metadata", "name"), ("metadata", "namespace")}
)
"""What makes an object what it is: another value would only be another object, or none."""


@dataclass(frozen=True)
class Spot:
    """Where a value stands in an object."""

    holder: Any
    key: Any
    way: Way


@dataclass(frozen=True)
class Written:
    """All that was written: whole states, objects by kind, and the values that stand anywhere in objects of a kind."""

    states: tuple[list[Manifest], ...]
    objects: dict[str, list[Manifest]]
    values: dict[tuple[str, Way], list[Any]]

    def siblings(self, kind: str, way: Way) -> list[Way]:
        """Return the ways to the fields that a mapping has anywhere, by the way to one of them."""
        return [
            one for of, one in self.values if of == kind and one[:-1] == way[:-1] and one != way and one[-1] != "[]"
        ]


@cache
def written() -> Written:
    """Read them once."""
    states = tuple(state for state in _states() if state)
    objects: dict[str, list[Manifest]] = defaultdict(list)
    values: dict[tuple[str, Way], list[Any]] = defaultdict(list)
    for one in (one for state in states for one in state):
        objects[one["kind"]].append(one)
        for spot in spots(one):
            values[one["kind"], spot.way].append(spot.holder[spot.key])
    return Written(states, dict(objects), dict(values))


def _states() -> Iterator[list[Manifest]]:
    cases, _ = read_cases([ROOT / "tests/cases"])
    for case in cases:
        yield [dict(one.data) for one in (*case.manifests, *case.policies)]
    for folder in sorted((ROOT / "docs/broken").glob("[0-9]*")):
        yield _read(folder / "broken.yaml")
    yield [one for folder in OWN for one in _read(ROOT / folder)]


def _read(path: Path) -> list[Manifest]:
    return [dict(one.data) for one in load([path])[0] if {"kind", "metadata"} <= one.data.keys()]


def spots(value: Any, way: Way = ()) -> Iterator[Spot]:
    """Yield the places of all values below one, each before what is below it."""
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            here = (*way, str(key) if isinstance(value, dict) else "[]")
            yield Spot(value, key, here)
            yield from spots(below, here)


def edit(state: list[Manifest], chance: Random) -> None:
    """Take an object away, bring one from elsewhere, copy one under another name, or change one value of one."""
    what = chance.random()
    if what < 0.1 and len(state) > 1:
        state.remove(chance.choice(state))
    elif what < 0.3:
        objects = written().objects
        _bring(state, chance.choice(objects[chance.choice(sorted(objects))] if what < 0.25 else state), chance)
    else:
        _change(chance.choice(state), chance)


def _bring(state: list[Manifest], one: Manifest, chance: Random) -> None:
    """Put a copy of an object into the namespace of another, under a name that none of its kind has."""
    copy = deepcopy(one)
    if "namespace" in copy["metadata"]:
        copy["metadata"]["namespace"] = chance.choice(state)["metadata"].get("namespace", "default")
    while any((copy["kind"], copy["metadata"]["name"]) == (of["kind"], of["metadata"].get("name")) for of in state):
        copy["metadata"]["name"] += "-x"
    state.append(copy)


def _change(one: Manifest, chance: Random) -> None:
    found = [spot for spot in spots(one) if spot.way not in KEPT]
    if not found:
        return
    kind, spot, what = one["kind"], chance.choice(found), chance.random()
    values = written().values
    siblings = written().siblings(kind, spot.way) if isinstance(spot.holder, dict) else []
    if what < 0.3:
        del spot.holder[spot.key]
    elif what < 0.5 and isinstance(spot.holder, list):
        spot.holder.append(deepcopy(chance.choice(values[kind, spot.way])))
    elif what < 0.6 and siblings:
        way = chance.choice(siblings)
        spot.holder[way[-1]] = deepcopy(chance.choice(values[kind, way]))
    else:  # an earlier edit may have led to a field that nobody wrote
        spot.holder[spot.key] = deepcopy(chance.choice(values.get((kind, spot.way), [None])))


def pair(number: int) -> tuple[list[Manifest], list[Manifest]]:
    """Return a state with up to two edits, and the same state after one or two more; a number names one pair."""
    chance = Random(number)  # noqa: S311 # no secret: manifests to ask about
    old = deepcopy(chance.choice(written().states))
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        edit(old, chance)
    new = deepcopy(old)
    for _ in range(chance.choice((1, 1, 1, 2))):
        edit(new, chance)
    return old, new


EDITED = st.integers(0, 2**32).map(pair)
"""Manifests, and the same manifests after an edit."""
