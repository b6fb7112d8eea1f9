"""Reads the parts that several kinds have: times, selectors, networks, words of a list. Pure."""

import re
from collections.abc import Iterable
from enum import StrEnum
from ipaddress import ip_address
from typing import TypeVar

from meshpolicy.core.fields import Fields
from meshpolicy.core.match import Address, Network, NetworkMatch
from meshpolicy.core.networks import parse_network
from meshpolicy.core.selector import Expression, Operator, Selector

TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
Word = TypeVar("Word", bound=StrEnum)


def read_created(document: Fields) -> str:
    """Return the creationTimestamp; RFC 3339 in UTC sorts as text."""
    metadata = document.child("metadata")
    text = metadata.text("creationTimestamp")
    if text and not TIME.fullmatch(text):
        metadata.note("creationTimestamp", f"is `{text}`, where a time such as 2026-01-31T00:00:00Z is expected")
        return ""
    return text


def was_changed(document: Fields) -> bool:
    """Whether a stored object once said something else: if Linkerd cannot take it now, that is in force still (R38)."""
    generation = document.child("metadata").data.get("generation")
    return isinstance(generation, int) and generation > 1


def read_selector(fields: Fields) -> Selector:
    """Read a label selector."""
    expressions: list[Expression] = []
    for entry in fields.children("matchExpressions"):
        operator = read_word(entry, "operator", Operator, None)
        if operator is not None:
            values = entry.texts("values") if entry.has("values") else None
            expressions.append(Expression(entry.text("key"), operator, values))
    return Selector(tuple(fields.strings("matchLabels").items()), tuple(expressions))


def read_word(fields: Fields, key: str, words: type[Word], default: Word | None) -> Word | None:
    """Read one of the words of an enum; None, and a problem, for any other."""
    if not fields.has(key):
        return default
    value = fields.text(key)
    try:
        return words(value)
    except ValueError:
        fields.refuse(key, f"is `{value}`; accepted are {', '.join(words)}")
        return None


def read_networks(spec: Fields) -> tuple[NetworkMatch, ...] | None:
    """Read `networks`, a list of networks with exceptions (R36); None if one of them is wrong."""
    found: list[NetworkMatch] = []
    wrong = False
    for entry in spec.children("networks"):
        cidr = _network(entry, "cidr", entry.text("cidr"))
        holes = [_network(entry, f"except[{n}]", text) for n, text in enumerate(entry.texts("except"))]
        if cidr is None or None in holes:
            wrong = True
            continue
        found.append(NetworkMatch(cidr, tuple(hole for hole in holes if hole is not None)))
    return None if wrong else tuple(found)


def check_exceptions(spec: Fields) -> None:
    """Note exceptions that leave nothing, or take away what was not there: the webhook's, not the index's (R36)."""
    for entry in spec.children("networks"):
        cidr = parse_network(entry.text("cidr"))
        for number, text in enumerate(entry.texts("except")):
            hole = parse_network(text)
            if cidr is None or hole is None:
                continue
            if hole.version != cidr.version or not hole.overlaps(cidr):
                entry.refuse(f"except[{number}]", f"{hole} is outside of {cidr}", "R36")
            elif hole.prefixlen <= cidr.prefixlen:
                entry.refuse(f"except[{number}]", f"{hole} leaves nothing of {cidr}", "R36")


def _network(entry: Fields, key: str, text: str) -> Network | None:
    found = parse_network(text)
    if found is None:
        entry.refuse(key, f"is `{text}`, where an address or network is expected", "R36")
    return found


def read_addresses(entries: Iterable[Fields], key: str, *, free: bool = False) -> list[Address]:
    """Read the address at a field of each entry; a problem, and no address, where it is none.

    A field that is free may hold any text, which the API server stores as it is.
    """
    found: list[Address] = []
    for entry in entries:
        text = entry.text(key)
        try:
            found += [ip_address(text)] if text else []
        except ValueError:
            if not free:
                entry.note(key, f"is `{text}`, where an IP address is expected")
    return found
