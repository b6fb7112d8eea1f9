"""What is watched exists: every series that a rule or the dashboard asks for is one that somebody exports."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import Any

import pytest
import yaml

from .rendered import ROOT

FOLDER = ROOT / "mesh/observability"
PROXY = "linkerd2-proxy"
FOREIGN: Mapping[str, str] = {
    "request_total": f"{PROXY}, linkerd/http/metrics/src/requests/report.rs",
    "response_total": f"{PROXY}, linkerd/http/metrics/src/requests/report.rs",
    "response_latency_ms_bucket": f"{PROXY}, linkerd/http/metrics/src/requests/report.rs",
    "inbound_http_authz_allow_total": f"{PROXY}, linkerd/app/inbound/src/metrics/authz.rs",
    "inbound_http_authz_deny_total": f"{PROXY}, linkerd/app/inbound/src/metrics/authz.rs",
    "inbound_http_route_not_found_total": f"{PROXY}, linkerd/app/inbound/src/metrics/authz.rs",
    "inbound_tcp_authz_deny_total": f"{PROXY}, linkerd/app/inbound/src/metrics/authz.rs",
    "control_identity_cert_expiration_timestamp_seconds": f"{PROXY}, linkerd/identity/src/metrics.rs; its prefix, "
    "which older proxies lack, is from linkerd/app/src/lib.rs",
    "up": "Prometheus itself, one series a target",
    "ALERTS": "Prometheus itself, one series an alert that fires",
}
"""Series that are not the service's, and the source that names each."""
RELABELLED = {"job", "namespace", "pod", "app", "instance", "le"}
"""Labels that Prometheus adds to the service's series: mesh/linkerd/viz.yaml and its own."""
WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "offset", "bool"}
OFFERED = ".*-offer"
"""Matches the names of the routes to what the services offer to others."""
JOBS = {"linkerd-controller", "linkerd-proxy", "pingpong"}
"""The jobs of the chart linkerd-viz, and the one of mesh/linkerd/viz.yaml."""


@cache
def rules() -> list[dict[str, Any]]:
    """Return all rules, of whichever group."""
    groups = yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@cache
def dashboard() -> dict[str, Any]:
    """Return the dashboard."""
    found: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
    return found


def panels() -> list[dict[str, Any]]:
    """Return the panels that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str]]:
    """Return every query, with the place that asks it."""
    yield from ((rule.get("alert") or rule["record"], rule["expr"]) for rule in rules())
    yield from ((panel["title"], target["expr"]) for panel in panels() for target in panel["targets"])
    yield from ((note["name"], note["expr"]) for note in dashboard()["annotations"]["list"])


def series(query: str) -> set[str]:
    """Return the names of the series that a query asks for."""
    bare = re.sub(r'"[^"]*"', '""', query)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)", " ", bare)
    return {name for name in re.findall(r"\b[a-zA-Z_:][\w:]*\b(?!\s*\()", bare) if name not in WORDS}


def labels(query: str) -> set[str]:
    """Return the labels by which a query chooses or groups."""
    chosen = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", query)
    grouped = re.findall(r"\bby\s*\(([^)]*)\)", query)
    return set(chosen) | {word.strip() for group in grouped for word in group.split(",")}


@cache
def documented() -> Mapping[str, set[str]]:
    """Return the series of the service with their labels, from the reference; a histogram is three series."""
    found: dict[str, set[str]] = {}
    row = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", re.MULTILINE)
    for name, kind, listed in row.findall((ROOT / "docs/reference/metrics.md").read_text()):
        ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        found |= {f"{name}{end}": set(re.findall(r"`(\w+)`", listed)) for end in ends}
    return found


each = pytest.mark.parametrize(("place", "query"), [*queries()])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('sum by (le, app) (rate(a_bucket{job="x", le=~"b|c"}[1m]))', {"a_bucket"}),
        ("pingpong:failures:ratio1m > 0.01", {"pingpong:failures:ratio1m"}),
        ('absent(up{job="a"} == 1) or absent(down)', {"up", "down"}),
        ("a_seconds - time() < 4 * 3600", {"a_seconds"}),
        ("(count(up == 0) or vector(0)) / on (pod) total", {"up", "total"}),
    ],
)
def test_the_series_of_a_query_are_told_from_its_words(query: str, names: set[str]) -> None:
    assert series(query) == names


@each
def test_every_series_is_exported_by_the_service_by_linkerd_or_recorded_here(place: str, query: str) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    assert series(query), place
    assert series(query) <= {*documented(), *FOREIGN, *recorded}


@each
def test_the_services_series_are_asked_for_by_labels_that_they_carry(place: str, query: str) -> None:
    for name in series(query) & set(documented()):
        assert labels(query) <= documented()[name] | RELABELLED, place


@each
def test_every_job_that_is_named_is_one_that_scrapes(place: str, query: str) -> None:
    named = {job for value in re.findall(r'job=~?"([^"]*)"', query) for job in value.split("|")}
    assert named <= JOBS, place


@pytest.mark.parametrize("record", [rule for rule in rules() if "record" in rule], ids=lambda rule: rule["record"])
def test_only_calls_of_what_a_service_offers_are_counted(record: dict[str, Any]) -> None:
    """Probes and scrapes of a new pod fail until it listens: every rollout would use up a part of the error budget."""
    counted = re.findall(r"\bresponse_\w+\{([^}]*)\}", record["expr"])
    assert all(f'route_name=~"{OFFERED}"' in chosen for chosen in counted)
    assert counted or "refusals" in record["record"]


def test_each_service_has_a_route_for_what_it_offers() -> None:
    routes = [*yaml.safe_load_all((ROOT / "mesh/policies/httproutes.yaml").read_text())]
    granted = [*yaml.safe_load_all((ROOT / "mesh/policies/authorizationpolicies.yaml").read_text())]
    offered = {route["metadata"]["name"] for route in routes if re.fullmatch(OFFERED, route["metadata"]["name"])}
    reached = {
        found["spec"]["targetRef"]["name"] for found in granted if found["spec"]["targetRef"]["kind"] == "HTTPRoute"
    }
    assert {name for name in reached if not name.endswith("-probes")} == offered
    assert len(offered) == len({route["spec"]["parentRefs"][0]["name"] for route in routes})


def test_no_series_is_listed_that_nobody_asks_for() -> None:
    assert set(FOREIGN) <= {name for _, query in queries() for name in series(query)}


@pytest.mark.parametrize(
    "name", ["PingPongFails", "PingPongSlow", "PolicyRefuses", "SidecarCertificateExpires", "InjectorDown"]
)
def test_what_must_wake_somebody_does(name: str) -> None:
    (rule,) = [rule for rule in rules() if rule.get("alert") == name]
    assert rule["for"]


def test_every_alert_says_how_urgent_it_is_and_what_is_wrong() -> None:
    for rule in (rule for rule in rules() if "alert" in rule):
        assert rule["labels"]["severity"] in ("page", "warn"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]


@pytest.mark.parametrize("title", ["Requests", "Errors", "Duration", "Pings", "Refused", "Certificates", "Injector"])
def test_the_dashboard_shows_the_service_its_refusals_and_what_keeps_the_mesh_up(title: str) -> None:
    assert title in {panel["title"] for panel in panels()}


def test_every_panel_explains_itself_and_asks_the_chosen_prometheus() -> None:
    for panel in panels():
        assert panel["description"].endswith("."), panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert all(target["legendFormat"] for target in panel["targets"])
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])


def test_no_panel_covers_another() -> None:
    for one, other in combinations([panel["gridPos"] for panel in dashboard()["panels"]], 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y
    assert all(place["x"] + place["w"] <= 24 for place in (panel["gridPos"] for panel in dashboard()["panels"]))
