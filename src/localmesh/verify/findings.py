"""Holds what was seen against what the manifests say: the verdict, the route, the grant, the identity. Pure."""

from collections.abc import Iterable, Mapping, Set

from localmesh.verify.cell import DECIDED, Cell, Seen
from localmesh.verify.tricks import Attempt, Played
from meshpolicy.render.visible import visible
from meshverify.cause import Cause
from meshverify.finding import Finding, Outcome, judge

CALLS, CERTIFICATES = "calls", "certificates"
NO_CONTROL = "{} answers nobody in this run, so a refusal proves nothing"
LIMITABLE = (Cause.ALLOWED, Cause.LIMITED)
"""What a rate limit may answer: a refused call ends before it, so a 429 shows that the policy let it pass (R85)."""
NO_LINE = "the sidecar's log has no line about this request"
HINTS = {
    (Cause.ALLOWED, Cause.MESH): "the running sidecar refuses what the manifests allow: `just diff`, then `just apply`",
    (Cause.MESH, Cause.ALLOWED): "the running sidecar allows what the manifests refuse: `just diff`, then `just apply`",
    (Cause.CERTIFICATE, Cause.ALLOWED): "the sidecar took a certificate that it must not accept",
}


def judged(cells: Iterable[Cell], seen: Mapping[str, Seen], *, controlled: bool = True) -> list[Finding]:
    """Return the finding about each cell; `seen` is by trace ID.

    If `controlled`, a refusal counts only if the same port let another call pass, where anybody may call it.
    """
    cells = tuple(cells)
    callable_ = {_port(one) for one in cells if one.expected.cause is Cause.ALLOWED}
    alive = {_port(one) for one in cells if seen[one.trace].cause is Cause.ALLOWED}
    dead = callable_ - alive if controlled else set()
    return [_judged(one, seen[one.trace], dead) for one in cells]


def _port(one: Cell) -> tuple[str, int]:
    return one.server.pod, one.server.number


def _judged(one: Cell, seen: Seen, dead: Set[tuple[str, int]]) -> Finding:
    group = CERTIFICATES if one.client.fault else CALLS
    expected, shown, because = one.expected.cause, f"{seen.cause}: {seen.text}", one.expected.because
    if expected is Cause.UNKNOWN:
        return Finding(group, one.name, Outcome.UNKNOWN, expected, shown, because=because)
    if expected is not Cause.ALLOWED and _port(one) in dead:
        return Finding(group, one.name, Outcome.FAILED, expected, shown, NO_CONTROL.format(one.server.name), because)
    if seen.cause is Cause.LIMITED and expected in LIMITABLE and one.server.policy.rate_limit is not None:
        return Finding(group, one.name, Outcome.SKIPPED, expected, shown, because=because)
    wrong = difference(one, seen)
    hint = "\n".join((wrong, *(f"  - {reason}" for reason in one.expected.reasons))) if wrong else ""
    return judge(group, one.name, expected, shown, good=not wrong, hint=hint, because=because, shared=_shared(one))


def _shared(one: Cell) -> str:
    """Return what a table calls a call that passed: who is allowed stands by name, who is refused by the port."""
    if one.client.fault:
        return f"certificate {one.client.fault}"
    if one.expected.cause is Cause.ALLOWED and not one.client.headers:
        return one.name
    return f"everybody else -> {one.server.name}"


def difference(one: Cell, seen: Seen) -> str:
    """Return in what a live answer differs from what the manifests say, the verdict first; empty if in nothing."""
    expected = one.expected
    if seen.cause is not expected.cause:
        return HINTS.get((expected.cause, seen.cause), f"expected {expected.cause}, actual {seen.cause}")
    if seen.cause not in DECIDED or not one.server.guarded:
        return ""
    if seen.logged is None:
        return NO_LINE
    if seen.logged.route != expected.route:
        return f"decided on {seen.logged.route or 'no route'}, expected {expected.route or 'no route'}"
    if seen.logged.identity != one.client.identity:
        return f"the sidecar saw the identity {seen.logged.identity or 'none'}, not {one.client.identity or 'none'}"
    if seen.cause is Cause.ALLOWED and seen.logged.authorization not in expected.grants:
        return f"admitted by {seen.logged.authorization or 'nothing'}, expected {' or '.join(expected.grants)}"
    return ""


def tricks_judged(attempts: Iterable[Attempt], played: Mapping[str, Played]) -> list[Finding]:
    """Return the finding about each trick; the path as it is, played first, is the control of all others."""
    return [_trick(one, played[one.trace]) for one in attempts]


def _trick(one: Attempt, played: Played) -> Finding:
    who = f"{one.base.client.name} -> {one.base.server.name}"
    name = f"{who} {visible(one.name)}"
    expected = ", then ".join(part.cause for part in one.expected)
    because = ", then ".join(filter(None, (part.because for part in one.expected)))
    shown = ", then ".join(f"{seen.cause}: {seen.text}" for seen in (*played.seen, *played.more[1:]))
    if any(part.cause is Cause.UNKNOWN for part in one.expected):
        return Finding(one.group, name, Outcome.UNKNOWN, expected, shown, because=because)
    wrong = _trick_difference(one, played)
    return judge(one.group, name, expected, shown, good=not wrong, hint=wrong, because=because, shared=who)


def _trick_difference(one: Attempt, played: Played) -> str:
    if extra := [seen for seen in played.more[1:] if seen.cause is Cause.ALLOWED]:
        return f"{len(extra)} more answers of the application than requests: a hidden request was read"
    if played.more[:1] and played.more[0].cause is not Cause.ALLOWED:
        return f"the allowed call after it was answered by {played.more[0].text}, which is the answer to a hidden one"
    if one.may_refuse and [seen.cause for seen in played.seen] == [Cause.MALFORMED]:
        return ""
    causes, wanted = [seen.cause for seen in played.seen], [part.cause for part in one.expected]
    if causes != wanted:
        return f"expected {', '.join(wanted)}, actual {', '.join(causes)}"
    return difference(one.only, played.seen[0]) if one.traced else ""
