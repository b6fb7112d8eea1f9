"""Plays one case: starts its pods, sends its requests in order, and compares what clients saw with what is expected."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from localmesh.cases.echo import echo
from localmesh.cases.resources import CaseResources, identity
from localmesh.cases.stage import SOCKET, NotPlayed, Stage
from localmesh.cases.wire import HELLO, LINE, ByProxy, Direct, Route, Seen, grpc, http, over_http2, stream
from localmesh.envoy.bootstrap import bootstrap
from localmesh.envoy.command import command
from localmesh.envoy.endpoints import Endpoint, LocalEndpoint
from localmesh.envoy.sidecar import sidecar
from localmesh.errors import CommandFailed
from localmesh.files import make_folder, write
from localmesh.identity.authority import Authority
from localmesh.identity.credentials import Credentials
from localmesh.pods.pod import Pod
from localmesh.pods.probes import sidecar_ready
from localmesh.pods.process import Child, Program, tail
from localmesh.pods.programs import base_environment
from localmesh.state import StateFolder
from localmesh.xds.server import Discovery
from meshpolicy.cases.case import Case, CaseRequest
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.parse import parse_documents

SECRET = "of-a-case"  # noqa: S105 nobody is kept out of a case
TOLERANCE = 3
"""Requests by which a burst may miss: buckets fill while it lasts."""
START = 10.0


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one request."""

    request: CaseRequest
    found: Mapping[str, int]
    differs: bool
    why_not: str = ""
    """Why it was not played; empty if it was."""


async def play(case: Case, folder: Path, credentials: Credentials) -> tuple[Played, ...]:
    """Play all requests of a case that can be played."""
    cluster = parse_documents((*case.manifests, *case.policies), case.settings, closed=True).cluster
    stage = Stage(cluster, folder, {})
    reached: Reached = {}
    reasons = [_reason(stage, request, reached) for request in case.requests]
    playable = [request for request, why in zip(case.requests, reasons, strict=True) if not why]
    async with AsyncExitStack() as stack:
        await _start(stack, stage, playable, credentials)
        return tuple(
            [
                Played(request, {}, differs=False, why_not=why) if why else await _one(stage, request)
                for request, why in zip(case.requests, reasons, strict=True)
            ]
        )


Reached = dict[tuple[Ref, str, int], Endpoint | LocalEndpoint]
"""Where each client arrives by each name that it uses."""


def _reason(stage: Stage, request: CaseRequest, reached: Reached) -> str:
    try:
        stage.check(request)
        stage.source(request)
        stage.pod(stage.server(request))
        client = stage.client(request)
        if client is not None and client.meshed:
            endpoint = stage.endpoint(client, request)
            if reached.setdefault((client.ref, *stage.name(request)), endpoint) != endpoint:
                return "Linkerd finds a server by its address, and the sidecars here by its name, which had another"
    except NotPlayed as error:
        return str(error)
    return ""


async def _start(stack: AsyncExitStack, stage: Stage, requests: list[CaseRequest], credentials: Credentials) -> None:
    clients = [client for request in requests if (client := stage.client(request)) and client.meshed]
    servers = [stage.server(request) for request in requests]
    workloads = {workload.ref: workload for workload in (*servers, *clients)}
    await asyncio.gather(
        *(stack.enter_async_context(_pod(stage, found, requests, credentials)) for found in workloads.values())
    )


@asynccontextmanager
async def _pod(
    stage: Stage, workload: Workload, requests: Iterable[CaseRequest], credentials: Credentials
) -> AsyncIterator[None]:
    pod = stage.pod(workload)
    requests = list(requests)
    make_folder(pod.app)
    own = [*sidecar(pod, stage.inbound(workload, requests), SECRET, stage.outside)]
    if pod.meshed:
        own += identity(credentials.authority, credentials.leaf(pod.identity))
    behind = {destination: [endpoint] for destination, endpoint in stage.called(workload, requests).items()}
    discovery = Discovery(pod.control_plane, CaseResources(pod, own, behind))
    write(pod.bootstrap, json.dumps(bootstrap(pod)))
    environment = base_environment(StateFolder(stage.folder), f"{pod.name}/sidecar", os.environ)
    child = Child(Program(f"{pod.name}/sidecar", command(pod), environment, pod.envoy_log, pod.folder))
    async with await echo(pod.app / SOCKET):
        await discovery.start()
        try:
            await child.start()
            await _ready(child, discovery, pod)
            yield
        finally:
            await child.stop(grace=0)
            await discovery.stop()


async def _ready(child: Child, discovery: Discovery, pod: Pod) -> None:
    try:
        async with asyncio.timeout(START):
            await sidecar_ready(pod.admin)
    except TimeoutError:
        output = "\n".join([*(refusal.reason for refusal in discovery.refusals()), tail(pod.envoy_log)])
        raise CommandFailed(f"{child.program.name} did not become ready", output) from None
    if refusals := discovery.refusals():
        raise CommandFailed(f"{child.program.name} does not take the case", refusals[0].reason)


async def _one(stage: Stage, request: CaseRequest) -> Played:
    await asyncio.sleep(request.pause)
    seen = [await _send(stage, request) for _ in range(request.repeat)]
    found = Counter(one.outcome for one in seen)
    tolerance = TOLERANCE if request.repeat > 1 else 0
    differs = any(abs(found[word] - request.expect.get(word, 0)) > tolerance for word in {*found, *request.expect})
    shown = {name: seen[-1].shown.get(name) for name in request.shown} if found["allow"] else {}
    wrong = {name: value for name, value in shown.items() if value != request.shown[name]}
    for name, value in wrong.items():
        found[f"{name}: {value}"] += 1
    return Played(request, dict(found), differs or bool(wrong))


async def _send(stage: Stage, request: CaseRequest) -> Seen:
    route, authority = _route(stage, request), stage.authority(request)
    more = {name: value for name, value in request.headers.items() if name != "host"}
    match request.protocol:
        case "tcp":
            return await stream(route, LINE, authority)
        case "tls":
            return await stream(route, HELLO, authority)
        case "grpc":
            return await grpc(route, request.path, authority, more)
        case "http2":
            return await over_http2(route, request.method, request.path, authority, more)
        case _:
            return await http(route, request.method, request.path, authority, more)


def _route(stage: Stage, request: CaseRequest) -> Route:
    client = stage.client(request)
    if client is not None and client.meshed:
        return ByProxy(stage.pod(client), SECRET)
    return Direct(stage.source(request), stage.pod(stage.server(request)).local, request.port)


def credentials_for(folder: Path) -> Credentials:
    """Return the certificates of a run; all cases have one authority."""
    return Credentials(Authority.open(folder / "authority", "cluster.local"), timedelta(hours=1))
