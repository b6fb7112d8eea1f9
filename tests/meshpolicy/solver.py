"""A second opinion on who may ask what of one Server: its routes and grants as formulas for an SMT solver."""

from collections.abc import Sequence
from typing import Any

import z3

POLICY_ORDER = ("gateway.networking.k8s.io", "policy.linkerd.io")
CLIENTS = ("pinger", "rogue", "another", "nobody")
"""Two accounts, some other account, and a client without identity."""
TIMEOUT = 5_000
"""Milliseconds for one question."""
EXPRESSIONS: dict[str, z3.ReRef] = {
    "/a.*": z3.Concat(z3.Re("/a"), z3.Full(z3.ReSort(z3.StringSort()))),
    # The leftmost match takes the first alternative that fits, so that `/ab` is never spanned (R90).
    "/(a|ab)": z3.Re("/a"),
    "/[ab]+": z3.Concat(z3.Re("/"), z3.Plus(z3.Range("a", "b"))),
    # Both repetitions are lazy: the match is `/a`, and spans nothing longer.
    "/a+?b?": z3.Union(z3.Re("/a"), z3.Re("/ab")),
}


def answer(routes: Sequence[dict[str, Any]], everywhere: Sequence[str], method: str, path: str) -> bool | None:
    """Say whether only pinger may send a method to a path, or (`/x/*`) to all below; None where the solver gives up."""
    sent, asked, client = z3.String("path"), z3.String("method"), z3.String("client")
    solver = z3.Solver()
    solver.set("timeout", TIMEOUT)
    visible = z3.Union(z3.Range("!", '"'), z3.Range("$", ">"), z3.Range("@", "~"))
    solver.add(z3.InRe(sent, z3.Concat(z3.Re("/"), z3.Star(visible))))
    solver.add(asked == method, z3.Or(*(client == one for one in CLIENTS)), client != "pinger")
    solver.add(_meets({"type": "PathPrefix", "value": path[:-2]} if path.endswith("/*") else _exact(path), sent))
    solver.add(_allowed(routes, everywhere, sent, asked, client))
    found = solver.check()
    return None if found == z3.unknown else found == z3.unsat


def _exact(path: str) -> dict[str, str]:
    return {"type": "Exact", "value": path}


def _allowed(
    routes: Sequence[dict[str, Any]], everywhere: Sequence[str], path: z3.SeqRef, method: z3.SeqRef, client: z3.SeqRef
) -> z3.BoolRef:
    """Say that the best route admits the client (R51, R85, R91)."""
    numbers = sorted(range(len(routes)), key=lambda number: _age(routes[number], number))
    ranked = [(number, match) for number in numbers for match in routes[number]["matches"]]
    conditions = [_matches(match, path, method) for _, match in ranked]
    ways = []
    for at, (number, match) in enumerate(ranked):
        beaten = [
            z3.Not(z3.And(conditions[other], _beats(ranked[other], ranked[at], path, earlier=other < at)))
            for other in range(len(ranked))
            if ranked[other][0] != number
        ]
        admitted = {*routes[number]["grants"], *everywhere}
        ways.append(z3.And(conditions[at], *beaten, z3.Or(*(client == who for who in admitted), z3.BoolVal(False))))
        del match
    # Of one route any match will do: all of them lead to the same grants.
    return z3.Or(*ways)


def _age(one: dict[str, Any], number: int) -> tuple[object, ...]:
    """R55: with a timestamp before without, the oldest first, then by name, then by group."""
    return not one["created"], one["created"], f"r{number}", POLICY_ORDER.index(one["group"])


def _matches(match: dict[str, Any], path: z3.SeqRef, method: z3.SeqRef) -> z3.BoolRef:
    return z3.And(_meets(match.get("path"), path), method == match["method"] if "method" in match else z3.BoolVal(True))


def _meets(pattern: dict[str, str] | None, path: z3.SeqRef) -> z3.BoolRef:
    """R90."""
    value = "" if pattern is None else pattern["value"]
    if pattern is None or (pattern["type"], value) == ("PathPrefix", "/"):
        return z3.BoolVal(True)
    if pattern["type"] == "Exact":
        return path == value
    if pattern["type"] == "RegularExpression":
        return z3.InRe(path, EXPRESSIONS[value])
    stripped = value.rstrip("/")
    return z3.Or(path == stripped, z3.PrefixOf(z3.StringVal(f"{stripped}/"), path))


def _length(match: dict[str, Any], path: z3.SeqRef) -> z3.ArithRef:
    pattern = match.get("path")
    if pattern is None or (pattern["type"], pattern["value"]) == ("PathPrefix", "/"):
        return z3.IntVal(1)
    if pattern["type"] == "RegularExpression":
        return z3.Length(path)
    return z3.IntVal(len(pattern["value"] if pattern["type"] == "Exact" else pattern["value"].rstrip("/")))


def _beats(
    other: tuple[int, dict[str, Any]], one: tuple[int, dict[str, Any]], path: z3.SeqRef, *, earlier: bool
) -> z3.BoolRef:
    """Say that another match ranks before one: by length, then by having a method, then by the age of its route."""
    longer, same = _length(other[1], path) > _length(one[1], path), _length(other[1], path) == _length(one[1], path)
    with_method, its = "method" in other[1], "method" in one[1]
    tie = z3.BoolVal(with_method > its or (with_method == its and earlier))
    return z3.Or(longer, z3.And(same, tie))
