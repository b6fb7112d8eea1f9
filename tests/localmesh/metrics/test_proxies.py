"""What the sidecars saw, as metrics with Linkerd's names."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from localmesh.metrics.proxies import REFUSED, ProxyMetrics
from localmesh.observe.entry import REFUSALS, Entry
from localmesh.pods.pod import Pod

from ..build import pod
from ..observe.values import entry

DENIED: dict[str, object] = {"status": 403, "upstream": "", "details": "rbac_access_denied_matched_policy[none]"}
UNROUTED: dict[str, object] = {"status": 404, "upstream": "", "details": "direct_response"}
LIMITED: dict[str, object] = {"status": 429, "upstream": "", "details": "local_rate_limited"}
KINDS = [entry(), entry(status=404), entry(status=503), entry(**DENIED), entry(**UNROUTED), entry(**LIMITED)]
PODS = [pod("ponger-0"), pod("pinger-0", 5)]


def samples(metrics: ProxyMetrics) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(metrics.text([(PODS[0], 12.5)]).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PODS), st.sampled_from(KINDS)), max_size=30))
def test_every_request_counts_once_as_let_through_or_as_refused(seen: Sequence[tuple[Pod, Entry]]) -> None:
    metrics = ProxyMetrics()
    for at, one in seen:
        metrics.count(one, at, "ponger-http")
    found = samples(metrics)
    let_through = Counter(
        (at.name, "success" if one.status < 500 else "failure") for at, one in seen if not one.refused
    )
    told: Counter[tuple[str, str]] = Counter()
    for labels, value in found.get("response_total", []):
        at = next(one for one in PODS if one.name == labels["pod"])
        assert (labels["namespace"], labels["deployment"]) == (at.namespace, at.workload.name)
        assert labels["direction"] == "inbound"
        told[at.name, labels["classification"]] += int(value)
    assert told == let_through
    assert sum(value for _, value in found.get("response_latency_ms_count", [])) == let_through.total()
    refused = Counter(one.verdict for _, one in seen if one.refused)
    for verdict, (name, _) in REFUSED.items():
        counted = found.get(name, [])
        assert sum(value for _, value in counted) == refused[verdict]
        assert {labels["srv_name"] for labels, _ in counted} <= {"ponger-http"}


def test_every_verdict_that_refuses_has_its_counter() -> None:
    assert REFUSED.keys() == REFUSALS


def test_probes_can_be_told_from_calls_by_their_route() -> None:
    metrics = ProxyMetrics()
    metrics.count(entry(status=502, route="HTTPRoute pingpong/ponger-probes"), PODS[0], "")
    metrics.count(entry(route="HTTPRoute pingpong/ponger-offer"), PODS[0], "")
    found = samples(metrics)
    for name in ("response_total", "response_latency_ms_count"):
        assert Counter(labels["route_name"] for labels, _ in found[name]) == {"ponger-probes": 1, "ponger-offer": 1}


def test_the_end_of_each_certificate_is_told() -> None:
    found = samples(ProxyMetrics())["control_identity_cert_expiration_timestamp_seconds"]
    assert found == [({"namespace": "pingpong", "deployment": "ponger", "pod": "ponger-0"}, 12.5)]
