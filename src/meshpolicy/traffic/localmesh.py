"""Reads the local mesh's traffic: `just tap --output json`, and the access logs of its sidecars. Pure.

Another package defines these formats: `localmesh.observe.views.TapView` and `localmesh.envoy.accesslog`.
"""

from collections.abc import Mapping

from meshpolicy.core.errors import Place
from meshpolicy.traffic.call import Called, Caller, CallerKind, ObservedCall, Outcome, Side, Transport
from meshpolicy.traffic.line import NotUnderstood, Target, Told, Unused, moment, target, text, whole

TAP, SIDECAR = "the local mesh's tap", "a sidecar's access log"
LONGEST_PATH = 2048
"""The number of characters of a path that the sidecars log; the rest of a longer path is cut off."""
MOST_PORT, MOST_STATUS = 65535, 999
PASSED = frozenset({"allow", "redirect"})
"""The verdicts of calls that the policies allowed, whoever answered them."""
REFUSED = frozenset({"forbidden", "not found", "rate limited", "closed"})
NOT_SENT = frozenset({"UF", "UH", "NC", "NR", "UO", "URX"})
"""Envoy's response flags of requests that reached no server."""
DENIALS = ("rbac_access_denied", "route_not_found", "local_rate_limited")


def read_tap(found: Mapping[str, object], place: Place) -> Told:
    """Return the request in a line of `tap`. Raises NotUnderstood."""
    if "dropped" in found:
        return Unused(f"{whole(found, 'dropped')} requests that came too fast for tap")
    side = _side(text(found, "proxy"), "in", "out")
    method, verdict = text(found, "method"), text(found, "verdict")
    outcome = Outcome.ALLOWED if verdict in PASSED else Outcome.REFUSED if verdict in REFUSED else Outcome.UNKNOWN
    asked = _asked(text(found, "path"), text(found, "authority"))
    identity, source = text(found, "client_id"), text(found, "source")
    secured = found.get("tls") is True
    seen = found.get("time")
    if isinstance(seen, bool) or not isinstance(seen, int | float):
        raise NotUnderstood("`time` is no number of seconds")
    status = whole(found, "status", MOST_STATUS)
    if side is Side.CLIENT:
        client = Caller(CallerKind.WORKLOAD, name=source)
        server = Called(workload="" if "." in text(found, "destination") else text(found, "destination"))
    else:
        client = Caller(_kind(identity), identity, text(found, "peer"), source)
        server = Called(
            pod=text(found, "pod"), port=whole(found, "port", MOST_PORT), route=text(found, "route"),
        )  # fmt: skip
    transport = _transport(identity if side is Side.SERVER else "", secured=secured)
    return ObservedCall(
        TAP, place, side, client, server, transport, outcome, bool(method),
        method or None, asked.host, asked.path, asked.query, status or None, 1, float(seen), float(seen),
    )  # fmt: skip


def read_sidecar(found: Mapping[str, object], place: Place, pod: str = "") -> Told:
    """Return the request in a line of a sidecar's access log, which does not name its pod. Raises NotUnderstood."""
    side = _side(text(found, "direction"), "inbound", "outbound")
    method, identity, tls = text(found, "method"), text(found, "identity"), text(found, "tls")
    asked = _asked(text(found, "path"), text(found, "authority"))
    seen, status = moment(text(found, "time")), whole(found, "status", MOST_STATUS)
    if side is Side.CLIENT:
        client, server = Caller(CallerKind.WORKLOAD, name=pod), Called()
        transport = Transport.MTLS if text(found, "upstream_identity") else Transport.PLAIN
    else:
        client = Caller(_kind(identity), identity, text(found, "peer"))
        server = Called(pod=pod, port=whole(found, "port", MOST_PORT), route=text(found, "route"))
        transport = _transport(identity, secured=bool(tls))
    return ObservedCall(
        SIDECAR, place, side, client, server, transport, _outcome(found), bool(method),
        method or None, asked.host, asked.path, asked.query, status or None, 1, seen, seen,
    )  # fmt: skip


def _side(word: str, inbound: str, outbound: str) -> Side:
    if word not in (inbound, outbound):
        raise NotUnderstood(f"`{word[:40]}` is neither {inbound} nor {outbound}")
    return Side.SERVER if word == inbound else Side.CLIENT


def _kind(identity: str) -> CallerKind:
    return CallerKind.IDENTITY if identity else CallerKind.UNMESHED


def _transport(identity: str, *, secured: bool) -> Transport:
    if identity:
        return Transport.MTLS
    return Transport.TLS if secured else Transport.PLAIN


def _asked(path: str, authority: str) -> Target:
    """Return the target of a request; a path of the maximum length may have been cut off."""
    if not path or len(path) >= LONGEST_PATH:
        return Target(authority or None, None, None)
    return target(path, authority)


def _outcome(found: Mapping[str, object]) -> Outcome:
    details, flags = text(found, "details"), set(text(found, "flags").split(","))
    upstream, status = text(found, "upstream"), whole(found, "status", MOST_STATUS)
    if details.startswith(DENIALS) or (details == "direct_response" and status == 404 and not text(found, "route")):
        return Outcome.REFUSED
    if upstream and not flags & NOT_SENT:
        return Outcome.ALLOWED
    return Outcome.UNKNOWN
