"""What a Prometheus beside a mesh scrapes, and as whom; with a stand-in that scrapes by its configuration."""

import asyncio
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.metrics.prometheus import Files, Proxies, job, targets
from localmesh.supervisor.metrics import project_rules
from localmesh.until import until
from meshpolicy.kinds.container import ContainerPort

from ...onpath import stand_in
from ..build import container, pod
from ..commands import PROJECT, Commands, commands

PROXIES = Proxies(50750, "t0ken")
METRICS = ContainerPort(9090, "metrics")
STAND_IN = """
import json, os, socket, ssl, sys, time
from pathlib import Path
here = Path(__file__).parent
words = dict(word[2:].split("=", 1) for word in sys.argv[1:])
def scrape(config, address):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        found = plain
        if config.get("scheme") == "https":
            tls = config["tls_config"]
            context = ssl.create_default_context(cafile=tls["ca_file"])
            context.load_cert_chain(tls["cert_file"], tls["key_file"])
            found = context.wrap_socket(plain, server_hostname=tls["server_name"])
        asked = "GET " + config.get("metrics_path", "/metrics") + " HTTP/1.0\\r\\nHost: " + address + "\\r\\n"
        if "authorization" in config:
            asked += "Authorization: Bearer " + Path(config["authorization"]["credentials_file"]).read_text() + "\\r\\n"
        found.sendall((asked + "\\r\\n").encode())
        answer = b""
        while part := found.recv(65536):
            answer += part
        return answer.decode()
while True:
    config = json.loads(Path(words["config.file"]).read_text())
    scraped = {"rules": config["rule_files"], "listen": words["web.listen-address"], "jobs": {}}
    for one in config["scrape_configs"]:
        groups = list(one.get("static_configs", []))
        for sd in one.get("file_sd_configs", []):
            groups += [group for file in sd["files"] for group in json.loads(Path(file).read_text())]
        for group in groups:
            for address in group["targets"]:
                try:
                    answer = scrape(one, address)
                except OSError as error:
                    answer = repr(error)
                pod = group.get("labels", {}).get("pod", "")
                scraped["jobs"].setdefault(one["job_name"], {})[pod] = answer
    (here / "draft").write_text(json.dumps(scraped))
    (here / "draft").replace(here / "scraped")
    time.sleep(0.2)
"""


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12))
def test_every_metrics_port_is_in_one_job_that_expects_its_identity(shape: list[tuple[bool, bool]]) -> None:
    pods = [
        pod(
            f"app{number % 3}-{number}",
            number + 2,
            containers=(container("app", ports=(METRICS,) if has else ()),),
            meshed=meshed,
            identity=f"app{number % 3}.pingpong.serviceaccount.identity.linkerd.cluster.local" if meshed else "",
        )
        for number, (meshed, has) in enumerate(shape)
    ]
    with TemporaryDirectory() as folder:
        files = Files(Path(folder))
        assert files.write_targets(targets(pods), PROXIES)
        assert not files.write_targets(targets(pods), PROXIES)
        config = json.loads(files.config.read_text())
        told = [
            (address, one.get("tls_config", {}).get("server_name", ""))
            for one in config["scrape_configs"][1:]
            for group in json.loads(Path(one["file_sd_configs"][0]["files"][0]).read_text())
            for address in group["targets"]
        ]
    wanted = [(f"{one.local}:9090", one.identity) for one, (_, has) in zip(pods, shape, strict=True) if has]
    assert sorted(told) == sorted(wanted)


def test_an_identity_is_a_job_of_a_safe_name() -> None:
    assert job("ponger.pingpong.serviceaccount.identity.linkerd.cluster.local") == "ponger.pingpong"
    assert job("spiffe://a/../b") == "spiffe___a_.._b"
    assert job("") == "unmeshed"


def test_the_rules_about_the_service_are_taken_and_those_about_linkerd_left_out(tmp_path: Path) -> None:
    groups = json.loads(project_rules(PROJECT))["groups"]
    assert [group["name"] for group in groups] == ["pingpong"]
    assert {rule.get("alert") for rule in groups[0]["rules"]} >= {"PingPongFails", "PingPongSlow", "PolicyRefuses"}
    assert project_rules(tmp_path) == project_rules(None) == ""


@pytest.fixture(scope="module")
def scraped() -> Iterator[tuple[Commands, Path]]:
    """Start a mesh with a stand-in for Prometheus on its PATH."""
    with TemporaryDirectory(prefix="lm-") as folder, commands(Path(folder)) as found:
        tools = Path(folder) / "tools"
        tools.mkdir()
        stand_in(tools, "prometheus", STAND_IN)
        outcome = found.run("up", PATH=str(tools))
        assert outcome.code == 0, outcome.err
        yield found, tools / "scraped"


def told(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text())["jobs"] if file.exists() else {}


@pytest.mark.envoy
def test_apps_are_scraped_by_its_own_identity_and_what_the_sidecars_saw_is_told(
    scraped: tuple[Commands, Path],
) -> None:
    mesh, file = scraped

    def all_there() -> bool:
        jobs = told(file)
        apps = [answer for name in ("pinger.pingpong", "ponger.pingpong") for answer in jobs.get(name, {}).values()]
        proxies = jobs.get("linkerd-proxy", {}).get("", "")
        return (
            len(apps) == 3
            and all(" 200 " in answer and "http_requests_total" in answer for answer in apps)
            and 'response_total{classification="success",deployment="ponger"' in proxies
            and 'srv_name="pinger-http"' in proxies
        )

    asyncio.run(until(all_there, within=60, what=f"{file.read_text() if file.exists() else 'nothing'}: not scraped"))
    folder = mesh.state / "prometheus"
    # The copy of the manifests in this test is no checkout with rules of its own.
    assert json.loads(file.read_text())["rules"] == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}


@pytest.mark.envoy
def test_the_targets_follow_the_pods(scraped: tuple[Commands, Path]) -> None:
    mesh, file = scraped
    assert mesh.run("scale", "ponger", "3").code == 0
    wanted = {"ponger-0", "ponger-1", "ponger-2"}
    asyncio.run(until(lambda: set(told(file).get("ponger.pingpong", {})) == wanted, within=60, what="no third target"))
    assert mesh.run("scale", "ponger", "1").code == 0
    asyncio.run(
        until(lambda: set(told(file).get("ponger.pingpong", {})) == {"ponger-0"}, within=60, what="still three")
    )
