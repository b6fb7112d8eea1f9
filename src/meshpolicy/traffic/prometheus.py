"""Reads the inbound series of Linkerd's proxies: from `/metrics`, or an answer of Prometheus' query API. Pure.

A series counts requests of one client to one port; it has the route, but neither the method nor the path.
Sources: linkerd2-proxy `linkerd/app/core/src/metrics.rs`, `linkerd/app/inbound/src/metrics/authz.rs`; the labels
`namespace`, `pod` and of the controllers come from the scrape configuration of linkerd-viz.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from meshpolicy.core.errors import Place
from meshpolicy.record import record, replace
from meshpolicy.traffic.call import Called, Caller, CallerKind, ObservedCall, Outcome, Side, Transport, by_status
from meshpolicy.traffic.line import NotUnderstood, Told, Unused

NAME = r"[a-zA-Z_:](?:[a-zA-Z0-9_:]*[a-zA-Z0-9_])?"
"""A metric's name. The format also allows a colon at the end, but then the line is more likely YAML."""
LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})?\s+(\S+)(?:\s+(-?\d+))?(?:\s+#.*)?")
ESCAPES = {"n": "\n", '"': '"', "\\": "\\"}
CONTROLLERS = ("deployment", "statefulset", "daemonset", "replicaset", "replicationcontroller", "cronjob", "k8s_job")
COUNTED = {
    "response_total": (True, Outcome.UNKNOWN),
    "inbound_http_authz_allow_total": (True, Outcome.ALLOWED),
    "inbound_http_authz_deny_total": (True, Outcome.REFUSED),
    "inbound_http_route_not_found_total": (True, Outcome.REFUSED),
    "inbound_http_local_ratelimit_total": (True, Outcome.REFUSED),
    "inbound_tcp_authz_allow_total": (False, Outcome.ALLOWED),
    "inbound_tcp_authz_deny_total": (False, Outcome.REFUSED),
}
"""The series that are used: whether each counts HTTP requests, and the outcome of these."""
COMMENT = Unused("comments")
OTHERS = Unused("series that count no inbound calls, or count them again")
IDLE = Unused("series that have counted nothing")
MOST_COUNT = 2**53


@record
class Sample:
    """One series with its last value."""

    name: str
    labels: Mapping[str, str]
    value: float
    first: float | None = None
    """The times of its first and last sample, in seconds since 1970."""
    last: float | None = None


def read_line(line: str, place: Place) -> Told | None:
    """Return the calls that a line of the text format counts; None if it is no such line. Raises NotUnderstood."""
    if line.startswith("#"):
        return COMMENT
    found = SAMPLE.fullmatch(line)
    if found is None:
        return None
    try:
        value = float(found[3])
    except ValueError:
        return None
    at = int(found[4]) / 1000 if found[4] else None
    return read_sample(Sample(found[1], _labels(found[2] or ""), value, at, at), place)


def _labels(written: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(written):
        label = LABEL.match(written, at)
        if label is None:
            raise NotUnderstood(f"the labels end at `{written[at : at + 20]}`")
        found[label[1]] = re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[0]), label[2])
        at = label.end()
    return found


def is_answer(found: Mapping[str, object]) -> bool:
    """Whether a JSON object is an answer of the query API."""
    return "status" in found and ("data" in found or "errorType" in found)


def read_answer(found: Mapping[str, object], place: Place) -> Iterator[Told | NotUnderstood]:
    """Yield the calls that each series of an answer counts, or why it is not understood."""
    data = found.get("data")
    result = data.get("result") if isinstance(data, dict) else None
    if found.get("status") != "success" or not isinstance(result, list):
        yield NotUnderstood(f"the query failed: {str(found.get('error') or 'it has no data.result')[:200]}")
        return
    for number, series in enumerate(result):
        here = replace(place, field=f"data.result[{number}]")
        try:
            yield read_sample(_series(series), here)
        except NotUnderstood as error:
            yield NotUnderstood(f"data.result[{number}]: {error}")


def _series(series: object) -> Sample:
    labels = series.get("metric") if isinstance(series, dict) else None
    if not isinstance(series, dict) or not isinstance(labels, dict):
        raise NotUnderstood("it is no series with `metric` and `value`")
    if not all(isinstance(value, str) for value in labels.values()):
        raise NotUnderstood("a label is no text")
    samples = series.get("values") if "values" in series else [series.get("value")]
    if not isinstance(samples, list) or not samples:
        raise NotUnderstood("it has no value")
    points = [_point(sample) for sample in samples]
    name = labels.get("__name__", "")
    if not name:
        raise NotUnderstood("it has no name: ask for the series themselves, without sum() or rate()")
    return Sample(name, labels, points[-1][1], points[0][0], points[-1][0])


def _point(sample: object) -> tuple[float, float]:
    pair = sample if isinstance(sample, list) else []
    try:
        at, value = pair
        return float(at), float(value)
    except (TypeError, ValueError, OverflowError):
        raise NotUnderstood("a value is no pair of a time and a number") from None


def read_sample(sample: Sample, place: Place) -> Told:
    """Return the calls that a series counts. Raises NotUnderstood."""
    labels = sample.labels
    if sample.name not in COUNTED or labels.get("direction", "inbound") != "inbound":
        return OTHERS
    if not 0 <= sample.value <= MOST_COUNT or sample.value != int(sample.value):
        raise NotUnderstood(f"{sample.name} is {sample.value}, where a count is expected")
    if not sample.value:
        return IDLE
    http, outcome = COUNTED[sample.name]
    status = _number(labels, "status_code", 999) or None
    return ObservedCall(
        sample.name,
        place,
        Side.SERVER,
        _caller(labels),
        _called(labels),
        _transport(labels),
        by_status(status) if outcome is Outcome.UNKNOWN else outcome,
        http,
        host=labels.get("authority") or None,
        status=status,
        count=int(sample.value),
        first=sample.first,
        last=sample.last,
    )


def _caller(labels: Mapping[str, str]) -> Caller:
    if identity := labels.get("client_id", ""):
        return Caller(CallerKind.IDENTITY, identity)
    return Caller(CallerKind.UNMESHED if "tls" in labels else CallerKind.UNKNOWN)


def _transport(labels: Mapping[str, str]) -> Transport:
    match labels.get("tls"):
        case "true":
            return Transport.MTLS if labels.get("client_id") else Transport.TLS
        case "opaque":
            return Transport.TLS
        case "no_identity" | "disabled":
            return Transport.PLAIN
        case _:
            return Transport.UNKNOWN


def _called(labels: Mapping[str, str]) -> Called:
    port = _number(labels, "target_port", 65535) or _number(labels, "srv_port", 65535)
    return Called(
        labels.get("namespace", ""),
        labels.get("pod", ""),
        next((labels[name] for name in CONTROLLERS if labels.get(name)), ""),
        port=port,
        address=labels.get("target_ip", ""),
        server=labels.get("srv_name", ""),
        route=labels.get("route_name", ""),
    )


def _number(labels: Mapping[str, str], name: str, most: int) -> int:
    written = labels.get(name, "")
    known = written.isascii() and written.isdecimal() and len(written) <= 6 and int(written) <= most
    if written and not known:
        raise NotUnderstood(f"the label {name} is `{written[:20]}`, where a number up to {most} is expected")
    return int(written or 0)


def without_repetition(calls: Sequence[ObservedCall]) -> tuple[ObservedCall, ...]:
    """Return the calls without those that `response_total` counts in more detail."""
    told = {_key(call) for call in calls if call.source == "response_total"}
    return tuple(call for call in calls if call.source != "inbound_http_authz_allow_total" or _key(call) not in told)


def _key(call: ObservedCall) -> tuple[object, ...]:
    return call.client, call.server, call.transport
