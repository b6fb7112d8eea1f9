"""What lint says of Linkerd's annotations and labels: misspelt, in the wrong place, with values that are dropped."""

import pytest

from ..build import Manifest, cluster, service
from .test_injection import ASKS, cat, space, told

C = "config.linkerd.io/"


@pytest.mark.parametrize(
    ("manifests", "says"),
    [
        ([cat({f"{C}opaque-port": "1"})], f"did you mean {C}opaque-ports?"),
        ([cat({"linkerd.io/skip-inbound-ports": "1"})], f"did you mean {C}skip-inbound-ports?"),
        ([cat({f"{C}inject": "enabled"})], "did you mean linkerd.io/inject?"),
        ([cat({"linkerd.io/injekt": "enabled"})], "did you mean linkerd.io/inject?"),
        ([cat({"linkerd/inject": "enabled"})], "did you mean linkerd.io/inject?"),
        ([cat({f"{C}quite-something-else": "1"})], f"nobody reads the annotation {C}quite-something-else"),
        ([cat(labelled={f"{C}opaque-ports": "1"})], "is a label, where an annotation is read"),
        ([cat(labelled={f"{C}opaque-prots": "1"})], f"did you mean {C}opaque-ports?"),
        ([cat(own={"annotations": {f"{C}opaque-ports": "1"}})], "stands on the Deployment itself"),
        ([space({f"{C}admission-webhooks": "disabled"})], "is an annotation, where a label of the Namespace is read"),
        ([space({f"{C}enable-gateway": "true"})], "does nothing on a Namespace"),
        ([space({}, {f"{C}admission-webhook": "disabled"})], f"did you mean {C}admission-webhooks?"),
        ([service(annotations={f"{C}skip-inbound-ports": "80"})], "does nothing on a Service"),
        ([service(annotations={"retry.linkerd.io/htp": "5xx"})], "did you mean retry.linkerd.io/http?"),
    ],
)
def test_a_name_that_nobody_reads_is_told_once(manifests: list[Manifest], says: str) -> None:
    """R8, R111: Kubernetes takes any name."""
    (found,) = told(cluster(*manifests), "MP062")
    assert says in found


@pytest.mark.parametrize(
    "manifests",
    [
        [cat({f"{C}opaque-ports": "1", **ASKS, "viz.linkerd.io/disable-tap": "enabled"})],
        [space({f"{C}default-inbound-policy": "deny"}, {f"{C}admission-webhooks": "disabled"})],
        [cat({"example.org/inject": "x", "multicluster.linkerd.io/something": "x"})],
        [service(annotations={f"{C}opaque-ports": "1", "timeout.linkerd.io/request": "1s"})],
    ],
)
def test_known_and_foreign_names_are_no_mistake(manifests: list[Manifest]) -> None:
    """Other tools may read what Linkerd does not."""
    assert told(cluster(*manifests), "MP062") == []


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("opaque-ports", "http", "`http` is read as empty by the server's proxy, and clients take 8080 for opaque"),
        ("opaque-ports", "http,99", "clients take 8080,99 for opaque"),
        ("opaque-ports", "htpp", "clients take no port for opaque"),
        ("proxy-require-identity-inbound-ports", "http", "`http` is read as empty"),
        ("skip-inbound-ports", "8080,http", "proxy-init leaves out `http`"),
        ("skip-inbound-ports", "80, 81", "proxy-init leaves out ` 81`"),
        ("skip-outbound-ports", "1-2-3", "proxy-init leaves out `1-2-3`"),
        ("skip-subnets", "10.0.0.1", "proxy-init fails on the subnet `10.0.0.1`, so that the pod never starts"),
        ("skip-subnets", "10.0.0.0/8,", "proxy-init fails on the subnet ``"),
        ("admin-port", "http", "`http` is ignored: it is no number"),
        ("admin-port", "8080", "the proxy listens on port 8080 itself"),
        ("control-port", "8080", "packets to it bypass the proxy"),
        ("default-inbound-policy", "denied", "`denied` is ignored"),
    ],
)
def test_a_value_that_is_dropped_is_told_with_what_each_reader_makes_of_it(name: str, text: str, says: str) -> None:
    """R8, R9, R112, R113, R114."""
    found = told(cluster(space(), cat({**ASKS, f"{C}{name}": text})), "MP037")
    assert any(says in line for line in found), found


@pytest.mark.parametrize(
    ("name", "text"), [("opaque-ports", "8080, 81 - 82,"), ("skip-inbound-ports", ""), ("skip-subnets", "10.0.0.0/8")]
)
def test_a_sound_value_is_no_mistake(name: str, text: str) -> None:
    assert told(cluster(space(), cat({**ASKS, f"{C}{name}": text})), "MP037") == []
