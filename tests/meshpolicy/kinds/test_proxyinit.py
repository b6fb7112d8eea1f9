"""What a pod that has its sidecar was told counts, and not what its annotations and the settings say now (R10)."""

from typing import Any

import pytest

from meshpolicy.kinds.container import Container
from meshpolicy.kinds.proxyinit import ProxyInit, own_init
from meshpolicy.kinds.settings import MeshSettings

from ..build import ARENA, PORTS, Manifest, ask, cluster, pod, server, service

USUAL = ("--incoming-proxy-port", "4143", "--outgoing-proxy-port", "4140", "--proxy-uid", "2102")
TOLD = {"port": 4143, "user": 2102}
IGNORE = "--inbound-ports-to-ignore"


def init(*args: str, **fields: Any) -> Container:
    """Return a linkerd-init."""
    return Container("linkerd-init", args=args, init=True, **fields)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((IGNORE, "4190,4191,8080"), {"inbound": "4190,4191,8080"}),
        ((f"{IGNORE}=4190", IGNORE, "8080-8090"), {"inbound": "4190,8080-8090"}),
        (("--outbound-ports-to-ignore", "25"), {"outbound": "25"}),
        (("--subnets-to-ignore", "10.0.0.0/8"), {"subnets": "10.0.0.0/8"}),
        (("--ipv6=false",), {"ipv6": False}),
        (("--ipv6",), {"ipv6": True}),
        (("--proxy-gid", "2102", "-w"), {"group": 2102}),
        (("-r", "8080,9090"), {"only": (8080, 9090)}),
        (("-p", "4243"), {"port": 4243}),
        (("--log-level", "debug", "--firewall-bin-path", "iptables-nft"), {}),
    ],
)
def test_the_arguments_of_linkerd_init_are_read(args: tuple[str, ...], told: dict[str, Any]) -> None:
    assert own_init([init(*USUAL, *args)]) == ProxyInit(**{**TOLD, **told})


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (init(*USUAL, "--netns", "x"), "argument `--netns`"),
        (init(*USUAL, IGNORE), "argument `--inbound-ports-to-ignore`"),
        (init(*USUAL, IGNORE, "$(PORTS)"), "argument `--inbound-ports-to-ignore`"),
        (init("--proxy-uid", "root"), "fails on the number `root`"),
        (init(*USUAL, command=("sh", "-c")), "runs sh"),
    ],
)
def test_what_cannot_be_read_is_unknown(found: Container, why: str) -> None:
    told = own_init([found])
    assert told is not None
    assert why in told.unread


def test_without_arguments_nothing_is_told() -> None:
    assert own_init([init(), Container("linkerd-init", args=USUAL), Container("app", args=USUAL, init=True)]) is None


@pytest.mark.parametrize(
    ("args", "annotations", "expected"),
    [
        ((IGNORE, "4190,4191,8080"), {}, "allow"),
        ((IGNORE, "4190,4191"), {"config.linkerd.io/skip-inbound-ports": "8080"}, "403"),
        ((IGNORE, "4190,4191"), {"config.linkerd.io/skip-subnets": "10.0.0.0/8"}, "403"),
        (("--subnets-to-ignore", "10.0.0.0/8"), {}, "allow"),
        (("-r", "9090"), {}, "allow"),
        (("-r", "8080"), {}, "403"),
        (("--netns", "x"), {}, "unknown"),
        (("--incoming-proxy-port", "4243"), {}, "unknown"),
    ],
)
def test_what_a_pod_was_told_counts_before_annotations_and_settings(
    args: tuple[str, ...], annotations: dict[str, str], expected: str
) -> None:
    """R10, R113, R114: neither an annotation that was added later, nor the settings of now, reach iptables."""
    cat = pod("cat", "10.244.0.31", ports=PORTS)
    cat["metadata"]["annotations"] = {**cat["metadata"].get("annotations", {}), **annotations}
    told: Manifest = {"name": "linkerd-init", "args": [*USUAL, *args]}
    cat["spec"]["initContainers"] = [told, *cat["spec"].get("initContainers", [])]
    now = MeshSettings(ignore_inbound_ports="8080" if expected == "403" else "")
    found = cluster(*ARENA, cat, service("cat"), server(app="cat"), settings=now)
    assert ask(found, "stranger", "cat:http").outcome == expected


def test_a_proxy_listens_where_it_was_told() -> None:
    """R103: the port of its admin server is that of its own variable."""
    cat = pod("cat", "10.244.0.31", ports=PORTS)
    proxy = next(one for one in cat["spec"]["containers"] if one["name"] == "linkerd-proxy")
    proxy["env"] = [{"name": "LINKERD2_PROXY_ADMIN_LISTEN_ADDR", "value": "0.0.0.0:9191"}]
    found = cluster(*ARENA, cat)
    assert next(one for one in found.workloads if one.ref.name == "cat").sidecar.ports.admin == 9191
