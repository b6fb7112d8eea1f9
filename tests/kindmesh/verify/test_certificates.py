"""Whether the certificates of a cluster live on, belong together, and are those that the sidecars trust."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kindmesh.identity.authority import make_anchor, make_issuer
from kindmesh.tools.kube import Kube
from kindmesh.verify.certificates import ANCHORS, trusting, verify_certificates
from meshidentity.certificates import Certificate
from meshverify.finding import failed

from ..standins import items, tools

ANCHOR, OTHER = make_anchor(), make_anchor()
OLD = datetime.now(UTC) - timedelta(days=28)
NAMES = ["life of the issuer", "life of the anchor", "who signed the issuer", "anchors of the sidecars"]


def pod(anchors: str | None, namespace: str = "pingpong", container: str = "containers") -> dict[str, Any]:
    """Return a pod whose sidecar was given some anchors; None: it reads the published ones by itself."""
    given: dict[str, Any] = {"valueFrom": {}} if anchors is None else {"value": anchors}
    variable = {"name": ANCHORS} | given
    spec: dict[str, Any] = {"containers": [], container: [{"name": "linkerd-proxy", "env": [variable]}]}
    return {"metadata": {"namespace": namespace, "name": "one"}, "spec": spec}


@pytest.mark.parametrize(
    ("issuer", "roots", "pods", "wrong"),
    [
        (make_issuer(ANCHOR), ANCHOR.pem, [pod(ANCHOR.pem)], []),
        (make_issuer(ANCHOR), OTHER.pem + ANCHOR.pem, [pod(OTHER.pem + ANCHOR.pem)], []),
        (make_issuer(OTHER), ANCHOR.pem, [pod(ANCHOR.pem)], ["who signed the issuer"]),
        (make_issuer(ANCHOR, OLD), ANCHOR.pem, [pod(ANCHOR.pem)], ["life of the issuer"]),
        (make_issuer(ANCHOR), ANCHOR.pem, [pod(OTHER.pem)], ["anchors of the sidecars"]),
        (make_issuer(ANCHOR), ANCHOR.pem, [], ["anchors of the sidecars"]),
    ],
    ids=["whole", "in rotation", "a strange issuer", "a late issuer", "a sidecar with others", "no sidecar"],
)
def test_what_does_not_belong_together_is_found(
    issuer: Certificate,
    roots: str,
    pods: Sequence[dict[str, Any]],
    wrong: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = {
        "secret/linkerd-identity-issuer": {"data": {"tls.crt": base64.b64encode(issuer.pem.encode()).decode()}},
        "configmap/linkerd-identity-trust-roots": {"data": {"ca-bundle.crt": roots}},
        "pods": items(*pods),
    }
    tools(tmp_path, monkeypatch, answers)
    findings = verify_certificates(Kube("some"))
    assert [finding.name for finding in findings] == NAMES
    assert [finding.name for finding in failed(findings)] == wrong


def test_certificates_that_are_not_there_are_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools(tmp_path, monkeypatch, failing={"secret/linkerd-identity-issuer": "NotFound"})
    (found,) = failed(verify_certificates(Kube("some")))
    assert found.hint == "`up --only identity`"


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([pod(ANCHOR.pem), pod(ANCHOR.pem.strip(), "ingress", "initContainers")], "the same in all 2"),
        ([pod(ANCHOR.pem), pod(None, "linkerd")], "the same in all 1"),
        ([pod(ANCHOR.pem), pod(OTHER.pem, "ingress")], "ingress/one started with others"),
        ([pod(OTHER.pem, "tracing", "initContainers")], "tracing/one started with others"),
        ([pod(None, "linkerd")], "no sidecar"),
        ([], "no sidecar"),
    ],
)
def test_every_sidecar_of_the_cluster_counts(found: list[dict[str, Any]], shown: str) -> None:
    assert trusting(found, ANCHOR.pem).found == shown
