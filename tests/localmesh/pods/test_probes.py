"""The kubelet's part, against a real server on a loopback address."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from localmesh.pods.probes import Count, Prober, answers
from localmesh.until import stop_task, until
from meshpolicy.kinds.container import Probe, ProbeKind

LOCALHOST = IPv4Address("127.0.0.1")
NODE = IPv4Address("127.244.0.1")


@dataclass
class Site:
    """Answers with the statuses it is told, the last one for ever, and keeps what it was asked."""

    statuses: list[str]
    port: int = 0
    heads: list[str] = field(default_factory=list)
    peers: set[str] = field(default_factory=set)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            self.peers.update(writer.get_extra_info("peername")[:1])  # none on a Unix socket
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            writer.write(f"{status}\r\nContent-Length: 0\r\n\r\n".encode())
        finally:
            writer.close()

    def probe(self, kind: ProbeKind = ProbeKind.READINESS, period: float = 0.01, failures: int = 3) -> Probe:
        """Return a probe of this site."""
        return Probe(kind, "/ready", self.port, period=period, failure_threshold=failures, headers=(("X-A", "b"),))


@asynccontextmanager
async def site(*statuses: str) -> AsyncIterator[Site]:
    it = Site([f"HTTP/1.1 {status}" if status[0].isdigit() else status for status in statuses])
    server = await asyncio.start_server(it.answer, str(LOCALHOST), 0)
    it.port = server.sockets[0].getsockname()[1]
    async with server:
        yield it


@pytest.mark.parametrize(
    ("status", "success"),
    [
        ("200 OK", True),
        ("399 Odd", True),
        ("400 Bad Request", False),
        ("503 Service Unavailable", False),
        ("101 Switching Protocols", False),
        ("SSH-2.0 200", False),
        ("", False),
    ],
)
def test_an_answer_from_200_to_399_is_a_success(status: str, success: bool) -> None:
    async def main() -> None:
        async with site(status or "\r\n") as it:
            assert await answers(it.probe(), LOCALHOST, NODE) is success

    asyncio.run(main())


def test_a_probe_comes_from_the_node_with_its_headers_and_in_plain_http() -> None:
    async def main() -> None:
        async with site("200 OK") as it:
            await answers(it.probe(), LOCALHOST, NODE)
            assert it.peers == {str(NODE)}
            assert it.heads[0].startswith("GET /ready HTTP/1.1\r\n")
            assert f"\r\nHost: 127.0.0.1:{it.port}\r\n" in it.heads[0]
            assert "\r\nX-A: b\r\n" in it.heads[0]

    asyncio.run(main())


def test_nobody_there_is_a_failure() -> None:
    async def main() -> None:
        async with site("200 OK") as it:
            probe = it.probe()
        assert not await answers(probe, LOCALHOST, NODE)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("results", "verdicts"),
    [
        ([True], [True]),
        ([False, False], [False, False]),
        ([True, False, False, False], [True, True, True, False]),
        ([True, False, False, True, False, False], [True] * 6),
    ],
)
def test_a_verdict_needs_as_many_in_a_row_as_the_manifest_says(results: list[bool], verdicts: list[bool]) -> None:
    count = Count(Probe(ProbeKind.READINESS, "/", 1, failure_threshold=3), good=False)
    assert [count.record(result) for result in results] == verdicts


async def heard(
    probes: tuple[Probe, ...], done: Callable[[list[object]], bool], sockets: Mapping[int, Path] | None = None
) -> list[object]:
    """Run a prober until what it said fulfils `done`."""
    said: list[object] = []
    prober = Prober(probes, LOCALHOST, NODE, on_ready=said.append, on_dead=said.append, sockets=sockets)
    task = asyncio.create_task(prober.run())
    await until(lambda: done(said), within=10, what=f"the prober said {said}")
    await stop_task(task)
    return said


def test_readiness_follows_the_answers() -> None:
    async def main() -> None:
        async with site("503 No", "200 OK", *["503 No"] * 3, "200 OK") as it:
            assert await heard((it.probe(),), lambda said: len(said) == 3) == [True, False, True]

    asyncio.run(main())


@pytest.mark.parametrize("kind", [ProbeKind.READINESS, ProbeKind.STARTUP])
def test_a_sidecar_sees_no_probe_more_often_than_on_a_cluster_before_the_app_is_ready(
    kind: ProbeKind, short_path: Path
) -> None:
    async def main() -> None:
        app = Site([f"HTTP/1.1 {status}" for status in (*["503 No"] * 5, "200 OK")])
        socket = short_path / "http.sock"
        async with site("200 OK") as sidecar, await asyncio.start_unix_server(app.answer, socket):
            probe = sidecar.probe(kind, period=600)
            assert await heard((probe,), bool, {sidecar.port: socket}) == [True]
            assert (len(app.heads), len(sidecar.heads)) == (6, 1)
            assert app.heads[0].splitlines()[0] == sidecar.heads[0].splitlines()[0]

    asyncio.run(main())


def test_a_probe_of_an_app_that_never_answers_is_sent_after_its_period(short_path: Path) -> None:
    async def main() -> None:
        async with site("502 Bad Gateway") as sidecar:
            probe = sidecar.probe(ProbeKind.STARTUP, period=0.05, failures=4)
            sockets = {sidecar.port: short_path / "none.sock"}
            (said,) = await heard((probe,), bool, sockets)
            assert "startupProbe: no success in 0.2 s" in str(said)
            # The last one is sent when the time is up; a busy machine leaves some out.
            assert 1 <= len(sidecar.heads) <= 5

    asyncio.run(main())


def test_without_a_readiness_probe_a_started_pod_is_ready() -> None:
    async def main() -> None:
        async with site("503 No", "200 OK") as it:
            startup = it.probe(ProbeKind.STARTUP, failures=1000)
            assert await heard((startup,), lambda said: bool(said)) == [True]
            assert len(it.heads) == 2

    asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ProbeKind.LIVENESS, "livenessProbe: 2 failures in a row"),
        (ProbeKind.STARTUP, "startupProbe: no success in 0.02 s"),
    ],
)
def test_a_verdict_of_death_says_which_probe_failed(kind: ProbeKind, reason: str) -> None:
    async def main() -> None:
        async with site("500 No") as it:
            assert reason in await heard((it.probe(kind, failures=2),), lambda said: reason in said)

    asyncio.run(main())
