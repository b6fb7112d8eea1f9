"""Verifies the ways that requests usually take: through the callers' own sidecars, and from outside by the ingress."""

import ssl
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from localmesh.ask.connection import Ended, connected
from localmesh.ask.sending import Way
from localmesh.pods.addresses import LOCALHOST
from localmesh.proof import Call, allowed_calls
from localmesh.supervisor.client import Client
from localmesh.views import ALLOW, UNREACHABLE, Answer, IngressView, MeshView, Question
from meshverify.cause import BY_VERDICT, Cause
from meshverify.finding import Finding, judge

SIDECARS, INGRESS = "sidecars", "ingress"
NOT_OFFERED = ("/not-offered", "/metrics")


def through_sidecars(client: Client, mesh: MeshView) -> Iterator[Finding]:
    """Yield what becomes of every known call of every workload, sent by its own sidecar, and of those of others."""
    targets = dict.fromkeys(call.target for call in allowed_calls(mesh))
    workloads = dict.fromkeys(pod.workload for pod in mesh.pods if pod.identity and pod.ports)
    for workload in workloads:
        for target in targets:
            answer = client.ask(Question(workload, target))
            yield _judged(Call(workload, target), answer)


def _judged(call: Call, answer: Answer) -> Finding:
    expected, found = words(answer.predicted), words(answer.verdict)
    shown = f"{found}: {answer.status or answer.line}"
    good = answer.verdict == answer.predicted
    hint = "\n".join(("the sidecar of the caller or of the server does not do what the manifests say", *answer.reasons))
    name = f"{call.source} by its sidecar -> {call.target}"
    shared = name if answer.predicted == ALLOW else f"{call.source} by its sidecar -> others"
    return judge(SIDECARS, name, expected, shown, good=good, hint=hint, shared=shared)


def words(verdict: str) -> Cause:
    """Return what a verdict means for whoever calls."""
    if verdict == UNREACHABLE:
        return Cause.BROKEN
    return next((cause for known, cause in BY_VERDICT.items() if known == verdict), Cause.UNKNOWN)


async def from_outside(entry: IngressView) -> list[Finding]:
    """Return what becomes of requests from outside: what the routes offer is answered, and nothing else."""
    found = []
    for url in filter(None, (entry.url, entry.secure_url)):
        for path, expected in (*((path, "200") for path in entry.paths), *((path, "404") for path in _others(entry))):
            actual = await _asked(url, path, entry.authority)
            name = f"outside -> {url.partition(':')[0]} GET {path}"
            hint = "look at the HTTPRoute of the Gateway, and at `just logs ingress --sidecar`"
            found.append(judge(INGRESS, name, expected, actual, good=actual == expected, hint=hint))
    return found


def _others(entry: IngressView) -> Iterable[str]:
    return (path for path in NOT_OFFERED if path not in entry.paths)


async def _asked(url: str, path: str, authority: str) -> str:
    found = urlsplit(url)
    secure = found.scheme == "https"
    context = ssl.create_default_context(cafile=authority) if secure else None
    way = Way(LOCALHOST, found.port or 0, context=context, server_name=str(LOCALHOST) if secure else None)
    try:
        async with connected(way) as connection:
            await connection.send(f"GET {path} HTTP/1.1\r\nHost: {found.netloc}\r\nConnection: close\r\n\r\n".encode())
            return str((await connection.reply()).status)
    except Ended as error:
        return str(error)
