"""Where a pod sends its spans."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import cast

import pytest

from localmesh.control.podwriter import PodWriter
from localmesh.identity.credentials import Credentials
from localmesh.pods.spans import Receiver, token
from localmesh.state import StateFolder
from meshpolicy.kinds.container import Variable

from ..build import cluster, container, group, pod

COLLECTOR = """
apiVersion: v1
kind: Service
metadata: {name: jaeger, namespace: tracing}
spec: {selector: {app: jaeger}, ports: [{name: otlp-http, port: 4318}]}
"""
RECEIVER = Receiver(IPv4Address("127.244.0.1"), 4318, 1.0)


def writer(receiver: Receiver | None = RECEIVER) -> PodWriter:
    """Return a writer of a mesh in which a collector runs."""
    return PodWriter(
        cluster(COLLECTOR), (group(),), StateFolder(Path("/s")), {}, cast("Credentials", None), None, receiver
    )


@pytest.mark.parametrize(
    ("variable", "endpoint", "own"),
    [
        ("PINGPONG_OTLP_ENDPOINT", "http://jaeger.tracing.svc.cluster.local:4318", True),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://jaeger.tracing:4318/v1/traces", True),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://JAEGER.tracing:4318", True),
        ("PINGPONG_OTLP_ENDPOINT", "http://jaeger.tracing.svc.cluster.local:4317", False),
        ("PINGPONG_OTLP_ENDPOINT", "http://tempo.tracing:4318", False),
        ("PINGPONG_OTLP_ENDPOINT", "", False),
        ("PINGPONG_TARGET", "http://jaeger.tracing:4318", False),
    ],
)
def test_an_app_whose_manifest_names_a_collector_of_this_mesh_sends_to_that_one(
    variable: str, endpoint: str, own: bool
) -> None:
    it = pod(containers=(container(env=(Variable(variable, endpoint),)),))
    app = writer().programs(group(), it, "s3cret").apps["ponger"].environment
    assert app.get(variable) == (endpoint if own or variable == "PINGPONG_TARGET" else RECEIVER.url)
    assert ("OTEL_EXPORTER_OTLP_HEADERS" in app) is not own


def test_a_pod_shows_a_token_that_is_its_own_and_no_secret() -> None:
    shown = {token(secret) for secret in ("one", "two", "one")}
    assert len(shown) == 2
    app = writer().programs(group(), pod(), "s3cret").apps["ponger"].environment
    assert app["OTEL_EXPORTER_OTLP_HEADERS"] == f"authorization=Bearer%20{token('s3cret')}"
    assert "s3cret" not in app["OTEL_EXPORTER_OTLP_HEADERS"]


def test_no_app_can_show_the_token_of_its_sidecar() -> None:
    one, other = writer(), writer()
    shown = [made.export("s3cret") for made in (one, other, replace(one, groups=()))]
    assert all(shown)
    sidecar, of_another_mesh, after_an_apply = (export.token for export in shown if export)
    assert sidecar == after_an_apply
    assert len({sidecar, of_another_mesh, token("s3cret")}) == 3


def test_where_nobody_takes_spans_a_pod_is_told_of_nobody() -> None:
    app = writer(None).programs(group(), pod(), "s3cret").apps["ponger"].environment
    assert [name for name in app if name.startswith("OTEL_")] == []
