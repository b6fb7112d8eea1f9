"""Another user of the machine listens for the secret of a pod, and gets none."""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from localmesh.control.member import Member, admit
from localmesh.control.podwriter import PodWriter
from localmesh.identity.authority import Authority
from localmesh.identity.credentials import Credentials
from localmesh.pods.network import NodeNetwork, claimed
from localmesh.pods.plan import groups
from localmesh.state import StateFolder
from localmesh.until import until

from ..build import cluster
from .squatter import squatting

pytestmark = [
    pytest.mark.envoy,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can play another user"),
]
RESTARTS = 25
AT_ONCE = 5
# It calls by its proxy at once, as an app does that has something to say.
APP = """
import os, socket, time, urllib.parse
at = urllib.parse.urlsplit(os.environ["HTTP_PROXY"])
with socket.create_connection((at.hostname, at.port)) as out:
    out.sendall(f"GET http://x/ HTTP/1.1\\r\\nhost: x\\r\\nProxy-Authorization: {at.password}\\r\\n\\r\\n".encode())
    print(out.recv(12).decode(), flush=True)
time.sleep(60)
"""
WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: web}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}, annotations: {linkerd.io/inject: enabled}}
    spec:
      containers: [{name: app, image: app, command: [PYTHON, -IS, -c, CODE], ports: [{containerPort: 8080}]}]
"""


def test_restarts_show_another_user_no_secret(short_path: Path) -> None:
    with claimed() as network, squatting(f"127.244.{int(network.node) >> 8 & 255}") as pipe:
        answers = asyncio.run(_restarted(short_path, network))
        pipe.send("enough")
        haul = pipe.recv()
    assert haul.kept == 2, "it had the address that the first pod would have been given"
    assert haul.tries > 10 * RESTARTS
    assert haul.secrets == []
    assert set(answers) == {"HTTP/1.1 407\n"}, "the app spoke to its own sidecar each time"


async def _restarted(path: Path, network: NodeNetwork) -> list[str]:
    found = cluster(WORKLOAD.replace("PYTHON", sys.executable).replace("CODE", json.dumps(APP)))
    folder = StateFolder(path)
    writer = PodWriter(
        found,
        groups(found.workloads, found.settings, folder),
        folder,
        os.environ,
        Credentials(Authority.create("cluster.local"), timedelta(hours=1)),
    )
    answers = []
    for number in range(0, RESTARTS, AT_ONCE):
        names = [f"app-{number + offset}" for offset in range(AT_ONCE)]
        answers += await asyncio.gather(*(_once(name, writer, network) for name in names))
    return answers


async def _once(name: str, writer: PodWriter, network: NodeNetwork) -> str:
    member: Member = admit(writer.groups[0], name, writer, network, lambda: None)
    log = member.runner.pod.app_log
    try:
        await member.start()
        await until(lambda: log.exists() and log.read_text().endswith("\n"), within=30, what=f"{name} heard nothing")
        return log.read_text()
    finally:
        await member.halt(0)
