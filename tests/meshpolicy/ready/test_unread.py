"""What was left out, has yet to be filled in, or is given twice is never ready."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from ..build import Manifest
from ..command import ROOT, run, written
from ..manifests.corpus import CHART, FLUX, laid_out, release
from .world import deployment, namespace

INJECT = "linkerd.io/inject"

TEMPLATE = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ name }}, namespace: shop}\n"
CALL = json.dumps(
    {"proxy": "in", "destination": "orders-0", "client_id": "web.shop.serviceaccount.identity.linkerd.cluster.local"}
    | {"source": "web-0", "tls": True, "method": "GET", "authority": "orders.shop", "path": "/ping", "status": 200}
    | {"time": 1795799145.2, "pod": "orders-0", "verdict": "allow", "port": 8080, "peer": "10.1.1.1", "latency": 8.7}
)


def reports(url: object, **more: object) -> str:
    """Return a Deployment that calls a URL."""
    return yaml.safe_dump(deployment("reports", env={"ORDERS_URL": url}, **more))  # type: ignore[arg-type]


def without_namespace(text: str) -> str:
    """Return a manifest as one that leaves its namespace to Flux."""
    manifest: Manifest = yaml.safe_load(text)
    del manifest["metadata"]["namespace"]
    return yaml.safe_dump(manifest)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a folder of manifests that are ready for deny."""
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "docs/demo/deny", folder)
    assert run("ready", folder)[0] == 0
    return folder


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (CHART, "a Helm chart without policies"),
        ({"job.yaml": TEMPLATE}, "a template without policies"),
        ({"redis.yaml": release("redis")}, "may hold"),
        ({"r.yaml": reports("http://orders.${ENV}/ping")}, "holds ${ENV}, which has no value"),
        ({"r.yaml": reports("orders.$(ENV):80")}, "holds $(ENV), which has no value"),
        ({"r.yaml": reports("x").replace("AccountName: reports", "AccountName: ${N}")}, "has the variable N"),
        ({"a/r.yaml": reports("none"), "b/r.yaml": reports("x", ports={"http": 9})}, "given twice with differences"),
    ],
)
def test_what_was_left_out_or_is_not_decided_is_never_ready(files: dict[str, str], says: str, shop: Path) -> None:
    laid_out(shop, files)
    code, out, _ = run("ready", shop, "--output", "json")
    found = json.loads(out)
    assert (code, found["readiness"]) == (1, "unknown")
    assert any(says in one["why"] for one in found["unseen"]), found["unseen"]
    assert {turn["readiness"] for turn in found["order"]} == {"unknown"}


@pytest.mark.parametrize(
    "files",
    [
        {"a/r.yaml": reports("none"), "b/r.yaml": reports("http://orders.shop/ping")},
        {"a/r.yaml": reports("http://orders.shop/ping"), "b/r.yaml": reports("none")},
        {
            "flux.yaml": FLUX,
            "apps/shop/r.yaml": without_namespace(reports("http://orders.shop/ping")),
        },
    ],
)
def test_what_any_file_of_an_object_calls_is_a_need(files: dict[str, str], shop: Path) -> None:
    laid_out(shop, files)
    code, out, _ = run("ready", shop, "--output", "json")
    assert code == 1
    assert "shop/reports" in {one["client"] for one in json.loads(out)["needs"]}


def test_a_log_with_lines_that_cannot_be_read_is_never_ready(shop: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    log.write_text(f"{CALL}\n")
    assert run("ready", shop, "--traffic", log)[0] == 0
    log.write_text(f"{CALL}\ngarbage\n")
    code, out, _ = run("ready", shop, "--traffic", log)
    assert (code, out.partition(":")[0]) == (1, "UNKNOWN")


def test_no_namespace_is_not_ready(tmp_path: Path) -> None:
    code, out, _ = run("ready", laid_out(tmp_path, CHART))
    assert (code, out.partition(":")[0]) == (1, "UNKNOWN")
    plain = laid_out(tmp_path / "plain", {"r.yaml": reports("none", meshed=False)})
    assert run("ready", plain)[1].startswith("UNKNOWN: deny on no namespace")


@pytest.mark.parametrize("word", ["enable", "Enabled", "true", "yes", "ingres", "enabled ", "ENABLED"])
@pytest.mark.parametrize("options", [(), ("--namespace", "shop")])
def test_a_word_that_asks_for_a_sidecar_in_vain_is_told_with_its_line_and_is_never_ready(
    word: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    space = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  annotations:\n    {INJECT}: '{word}'\n"
    pods = yaml.safe_dump_all([plain("reports"), plain("orders")])
    folder = laid_out(tmp_path / "space", {"shop.yaml": f"{space}---\n{pods}"})
    code, out, _ = run("ready", folder, *options, "--output", "json")
    [one] = json.loads(out)["unseen"]
    assert (code, one["object"], one["line"]) == (1, "Namespace shop", 6)
    assert f"is `{word}`, which Linkerd does not know: write enabled, ingress or disabled" in one["why"]
    file = written(tmp_path, "own.yaml", namespace(), deployment("reports", annotations={INJECT: word}))
    code, out, _ = run("ready", file, *options, "--output", "json")
    [one] = json.loads(out)["unseen"]
    assert (code, one["object"]) == (1, "Deployment shop/reports")
    assert INJECT in Path(file).read_text().splitlines()[one["line"] - 1]


def plain(name: str) -> Manifest:
    """Return a workload without an annotation of its own."""
    manifest = deployment(name)
    del manifest["spec"]["template"]["metadata"]["annotations"]
    return manifest


@pytest.mark.parametrize(
    ("name", "unseen"),
    [
        ("ORDERS_HOST", True),
        ("ORDERS_HOSTNAME", True),
        ("READ_REPLICA", True),
        ("ORDERS_DB", True),
        ("SERVICE_NAME", True),
        ("BROKER_SEED", True),
        ("GRID", True),
        ("DB_PASSWORD", False),
        ("PGPASSWORD", False),
        ("API_KEY", False),
        ("TLS_CA", False),
        ("USER_ID", False),
    ],
)
def test_a_variable_of_a_secret_is_a_credential_by_a_whole_word(name: str, unseen: bool, shop: Path) -> None:
    manifest = deployment("reports", env={name: {"secretKeyRef": {"name": "elsewhere", "key": "x"}}})
    (shop / "r.yaml").write_text(yaml.safe_dump(manifest))
    assert run("ready", shop)[0] == int(unseen)


@pytest.mark.parametrize(
    ("name", "unseen"),
    [
        ("reader-config", True),
        ("tokenizer-config", True),
        ("certainty", True),
        ("web-tls", False),
        ("kube-root-ca.crt", False),
        ("webhook-certs", False),
        ("signing-keys", False),
    ],
)
def test_a_volume_holds_trust_by_a_whole_word(name: str, unseen: bool, shop: Path) -> None:
    manifest = deployment("reports", volumes=[{"name": "v", "configMap": {"name": name}}])
    (shop / "r.yaml").write_text(yaml.safe_dump(manifest))
    assert run("ready", shop)[0] == int(unseen)
