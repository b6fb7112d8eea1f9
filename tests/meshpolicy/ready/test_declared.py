"""Where needs are read from: each way to name a Service is one row."""

import base64
from pathlib import Path

import pytest

from ..build import Manifest
from .world import CART, answered, calls, deployment, held, namespace, service

REFUSED = [("shop/web", "shop/cart:8080", "missing")]
FROM_MAP = {"configMapKeyRef": {"name": "settings", "key": "cart"}}
FROM_SECRET = {"secretKeyRef": {"name": "settings", "key": "cart"}}


def web(**more: object) -> Manifest:
    """Return a workload that is given something."""
    return deployment("web", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "manifests",
    [
        (web(env={"CART": "http://cart"}),),
        (web(env={"CART": "http://cart.shop"}),),
        (web(env={"CART": "http://cart.shop.svc:80"}),),
        (web(env={"CART": "http://cart.shop.svc.cluster.local"}),),
        (web(env={"CART": "http://cart.shop.svc.cluster.local.:80/"}),),
        (web(env={"CART_HOST": "cart"}),),
        (web(env={"CART_HOST": "cart", "CART_PORT": "80"}),),
        (web(env={"CART_ADDR": "cart:80"}),),
        (web(env={"HOST": "cart", "CART": "http://$(HOST):80"}),),
        (web(env={"CART": "http://$(CART_SERVICE_HOST):$(CART_SERVICE_PORT)"}),),
        (web(args=["--cart=http://cart"]),),
        (web(args=["--cart-host", "cart"]),),
        (web(command=["sh", "-c", "curl -s http://cart/items | wc"]),),
        (web(env={"H": "cart"}, command=["sh", "-c", "curl http://$H:80/"]),),
        (web(env={"H": "cart"}, args=["--cart=$(H):80"]),),
        (web(env={"CART": FROM_MAP}), held("settings", cart="http://cart")),
        (web(env={"CART": FROM_SECRET}), held("settings", "Secret", cart="http://cart")),
        (
            web(env={"CART": FROM_SECRET}),
            {**held("settings", "Secret"), "stringData": {}, "data": {"cart": base64.b64encode(b"cart:80").decode()}},
        ),
        (web(envFrom=[{"configMapRef": {"name": "settings"}}]), held("settings", CART="http://cart")),
        (web(envFrom=[{"prefix": "X_", "secretRef": {"name": "s"}}]), held("s", "Secret", CART_HOST="cart")),
        (
            web(volumes=[{"name": "c", "configMap": {"name": "settings"}}]),
            held("settings", **{"app.yaml": "cart:\n  url: http://cart\nlog: info\n"}),
        ),
        (
            web(volumes=[{"name": "c", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}]),
            held("settings", **{"nginx.conf": "upstream cart { server cart.shop.svc:80; }"}),
        ),
        (web(kind="CronJob", args=["http://cart"]),),
        (web(kind="Job", args=["http://cart"]),),
        (
            web(env={"CART_URL": "http://basket"}),
            service("basket", {}, type="ExternalName", externalName="cart.shop.svc.cluster.local", selector=None),
        ),
        (web(env={"CART": "http://10.96.0.9"}), service("by-address", {"http": 80}, app="cart", clusterIP="10.96.0.9")),
    ],
)
def test_deny_would_refuse_what_is_named(manifests: tuple[Manifest, ...], tmp_path: Path) -> None:
    found = answered(tmp_path, *CART, *manifests)
    assert calls(found) == REFUSED
    assert found["readiness"] == "not ready"


@pytest.mark.parametrize(
    "env",
    [
        {"CART": "http://cart.example.com"},
        {"CART": "http://localhost:8080"},
        {"CART": "http://127.0.0.1:8080"},
        {"CART": "https://203.0.113.9/x"},
        {"LEVEL": "info"},
        {"CART": "http://nothing.shop:80"},
        {"PASSWORD": {"secretKeyRef": {"name": "elsewhere", "key": "password"}}},
        {"NODE": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
    ],
)
def test_what_names_nothing_of_the_cluster_is_no_need(env: dict[str, object], tmp_path: Path) -> None:
    found = answered(tmp_path, *CART, web(env=env))
    assert (calls(found), found["unseen"]) == ([], [])


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (web(env={"CART": "http://10.1.2.3:80"}), "is an address of the cluster's networks, and nothing"),
        (web(env={"CART_URL": FROM_SECRET}), "comes from the Secret settings, which is not in the input"),
        (web(envFrom=[{"configMapRef": {"name": "settings"}}]), "comes from the ConfigMap settings"),
        (web(env={"CART": "http://$(NOWHERE)/"}), "its address holds $(NOWHERE), which has no value"),
        (web(volumes=[{"name": "c", "configMap": {"name": "settings"}}]), "mounts the ConfigMap settings"),
    ],
)
def test_what_cannot_be_seen_is_said_and_never_ready(manifest: Manifest, why: str, tmp_path: Path) -> None:
    found = answered(tmp_path, *CART, manifest)
    assert [why in one["why"] for one in found["unseen"]] == [True]
    assert found["readiness"] == "unknown"


def test_a_service_that_nobody_is_known_to_call_may_be_named_in_code(tmp_path: Path) -> None:
    found = answered(tmp_path, *CART)
    assert found["uncalled"] == [{"service": "shop/cart", "port": 80, "server": "shop/cart", "target": 8080}]
    assert found["readiness"] == "unknown"
    assert answered(tmp_path, *CART, options=("--accept-unknown",), code=0)["readiness"] == "unknown"


def test_a_bare_word_that_may_be_a_name_is_not_known_and_never_ready(tmp_path: Path) -> None:
    found = answered(tmp_path, *CART, web(env={"BASKET": "cart"}))
    assert calls(found) == [("shop/web", "shop/cart:8080", "unknown")]


def test_a_name_of_its_own_is_no_need(tmp_path: Path) -> None:
    assert calls(answered(tmp_path, *CART, web(env={"NAME": "web"}), service("web", {"http": 80}))) == []


def test_a_need_stands_once_however_often_it_is_written_and_where_it_is_first(tmp_path: Path) -> None:
    found = answered(tmp_path, *CART, web(env={"A_URL": "http://cart", "B_URL": "http://cart:80"}))
    [need] = found["needs"]
    assert (need["what"], need["field"]) == ("A_URL", "spec.template.spec.containers[0].env[0].value")
    assert need["line"] > 0


def test_the_port_of_a_service_that_has_several_is_the_one_beside_the_host(tmp_path: Path) -> None:
    manifests = (
        namespace(),
        deployment("db", ports={"sql": 5432, "admin": 8080}),
        service("db", {"sql": 5432, "admin": 8080}),
    )
    found = answered(tmp_path, *manifests, web(env={"DB_HOST": "db", "DB_PORT": "5432"}))
    assert calls(found) == [("shop/web", "shop/db:5432", "missing")]
    unclear = answered(tmp_path, *manifests, web(env={"DB_HOST": "db"}))
    assert [standing for _, _, standing in calls(unclear)] == ["unknown", "unknown"]


def test_pods_of_a_stateful_set_are_named_one_by_one(tmp_path: Path) -> None:
    peers = ",".join(f"http://db-{number}.db:2380" for number in range(3))
    manifests = (
        namespace(),
        deployment(
            "db",
            kind="StatefulSet",
            ports={"peer": 2380},
            replicas=3,
            env={"PEERS": peers},
            spec={"serviceName": "db"},
        ),
        service("db", {"peer": 2380}, clusterIP="None"),
    )
    found = answered(tmp_path, *manifests)
    assert calls(found) == [("shop/db", "shop/db:2380", "missing")]
