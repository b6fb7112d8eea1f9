"""How much of what deny breaks `meshpolicy ready` says beforehand, with deny enforced by real Envoys.

Each folder of bench/ready is an application after the shape of a well-known demo: its manifests, and by hand every
call that it makes while it works. All these calls are sent for real through sidecars under deny; then again with the
objects applied that `ready` proposes.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import yaml

from localmesh.cases.play import credentials_for, play
from meshpolicy.api.ready import ask_ready
from meshpolicy.cases.case import Case, CaseRequest
from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.decide.transport import find_service_target
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.manifests.sources import read
from meshpolicy.ready.manifest import Manifest, Written
from meshpolicy.ready.need import Need
from meshpolicy.ready.report import Report
from meshpolicy.ready.standing import Standing
from meshpolicy.traffic.read import read as read_traffic

FOLDER = Path(__file__).parent
DENY = "config.linkerd.io/default-inbound-policy"
OUTSIDE = {"the kubelet": "10.244.0.1", "the API server": "10.244.0.2", "the ingress controller": "10.244.0.3"}
FIRST = IPv4Address("10.244.251.1")
TWIN = "-twin"
"""The end of the name of a second pod, which plays a peer."""
Edge = tuple[str, str, str]
"""Who calls, which port of which workload, and with which path."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was said of one application, and what was seen."""

    name: str
    calls: int
    refused: frozenset[Edge]
    """What deny refused."""
    said: Mapping[Edge, Standing]
    closed: frozenset[str]
    """Ports of which it was said that nobody is known to call them."""
    wrong: tuple[str, ...]
    """What was said for certain and seen otherwise."""
    by_log: frozenset[Edge]
    """What is said to be refused once the access log of all HTTP calls is read as well."""
    answered_after: tuple[int, int]
    """Of the calls that were said to be missing and got a step: those that it has answered, and all of them."""

    @property
    def missing(self) -> frozenset[Edge]:
        """Return what was said to be refused."""
        return frozenset(edge for edge, standing in self.said.items() if standing is Standing.MISSING)

    @property
    def found(self) -> frozenset[Edge]:
        """Return what was said to be refused, and was."""
        return self.missing & self.refused

    @property
    def doubtful(self) -> int:
        """Return how many other refused calls were said to be unknown, or go to a port that nobody is known to call."""
        others = self.refused - self.missing
        return sum(self.said.get(edge) is Standing.UNKNOWN or edge[1] in self.closed for edge in others)


def pods(written: Written, report: Report, deny: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield a Pod for each workload, with an address, as Linkerd's injector would leave it; and a twin for a peer."""
    address = FIRST
    for workload in report.denied.workloads:
        manifests = written.find(workload.ref.kind, workload.ref.namespace, workload.ref.name)
        if not manifests:
            continue
        [manifest] = manifests  # a folder of bench/ready gives each object once
        for end in ("", TWIN):
            yield _pod(manifest, workload.ref.name + end, str(address), meshed=workload.meshed, deny=deny)
            address += 1


def _pod(manifest: Manifest, name: str, address: str, *, meshed: bool, deny: Sequence[str]) -> dict[str, Any]:
    metadata = manifest.pod_metadata
    labels = metadata.strings("labels") | ({"linkerd.io/control-plane-ns": "linkerd"} if meshed else {})
    notes = ({DENY: "deny"} if manifest.namespace in deny else {}) | metadata.strings("annotations")
    proxy = [{"name": "linkerd-proxy", "image": "cr.l5d.io/linkerd/proxy:edge"}] if meshed else []
    containers = [*(one.data for one in manifest.pod.children("containers")), *proxy]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": manifest.namespace, "labels": labels, "annotations": notes},
        "spec": {"serviceAccountName": manifest.pod.text("serviceAccountName"), "containers": containers},
        "status": {"podIP": address},
    }


def requests_of(calls: Sequence[Mapping[str, Any]], file: str) -> Iterator[CaseRequest]:
    """Yield the calls as requests that are expected to be answered."""
    for number, call in enumerate(calls):
        target, _, port = str(call["to"]).partition(":")
        namespace, _, pod = target.partition("/")
        outside = OUTSIDE.get(call["from"])
        caller = outside or call["from"] + (TWIN if call.get("peer") else "")
        yield CaseRequest(
            Place(file, number),
            caller,
            namespace,
            pod,
            int(port),
            {"allow": 1},
            direct=bool(call.get("direct") or outside),
            protocol=call.get("protocol", "http"),
            path=call.get("path", "/"),
        )


async def sent(name: str, documents: Sequence[Document], requests: Sequence[CaseRequest]) -> list[bool]:
    """Send requests for real, and return which were answered."""
    case = Case(Place(name), name, (), tuple(documents), (), (), tuple(requests), ())
    with tempfile.TemporaryDirectory(prefix="lm-") as folder:
        played = await play(case, Path(folder) / "0", credentials_for(Path(folder)))
    for one in played:
        if one.why_not:
            raise SystemExit(f"{name}: {one.request} was not played: {one.why_not}")
    return [dict(one.found) == {"allow": 1} for one in played]


async def measured(folder: Path) -> Figures:
    """Ask about one application, and send its calls, before and after the steps."""
    reading = read([str(folder / "manifests.yaml")], MeshSettings())
    table = yaml.safe_load((folder / "calls.yaml").read_text())
    report = ask_ready(reading, table["deny"])
    written = Written(reading.documents)
    kept = [one for one in reading.documents if one.data.get("kind") in KEPT]
    made = [*pods(written, report, table["deny"])]
    documents = [*kept, *(Document(Place("pods", number), one) for number, one in enumerate(made))]
    requests = list(requests_of(table["calls"], str(folder / "calls.yaml")))
    edges = [(str(call["from"]), str(call["to"]), str(call.get("path", "/"))) for call in table["calls"]]
    said = {edge_of(one.need, edges): one.standing for one in report.held}
    answered = await sent(folder.name, documents, requests)
    refused = frozenset(edge for edge, passed in zip(edges, answered, strict=True) if not passed)
    steps = [one for step in report.plan.steps.values() for one in step.manifests]
    documents += [Document(Place("steps", number), one) for number, one in enumerate(steps)]
    after = dict(zip(edges, await sent(folder.name, documents, requests), strict=True))
    stepped = [edge for edge in _with_steps(report, edges) if edge in after]
    return Figures(
        folder.name,
        len(edges),
        refused,
        said,
        frozenset(f"{one.server.ref.namespace}/{one.server.ref.name}:{one.port}" for one in report.uncalled),
        tuple(_wrong(said, edges, answered)),
        _by_log(reading, table, edges),
        (sum(after[edge] for edge in stepped), len(stepped)),
    )


def _by_log(reading: Manifests, table: Mapping[str, Any], edges: Sequence[Edge]) -> frozenset[Edge]:
    """Return what is said to be refused, when an access log tells of every HTTP call as it was before deny."""
    identity = reading.cluster.settings.identity
    meshed = {f"{one.ref.namespace}/{one.ref.name}": one for one in reading.cluster.workloads if one.meshed}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.json"
        with log.open("w") as file:
            for call in table["calls"]:
                target = str(call["to"]).partition(":")[0]
                if call["from"] in meshed and call.get("protocol", "http") in ("http", "grpc"):
                    client = meshed[call["from"]]
                    name = identity(client.ref.namespace, client.service_account)
                    file.write(f"[pod/{target.partition('/')[2]}/linkerd-proxy] {_line(reading, call, name)}\n")
        report = ask_ready(reading, table["deny"], calls=read_traffic([str(log)]).calls)
    missing = (one.need for one in report.held if one.standing is Standing.MISSING)
    return frozenset(edge_of(need, edges) for need in missing)


def _line(reading: Manifests, call: Mapping[str, Any], identity: str) -> str:
    """Return the line that Linkerd's proxy writes of a call through the Service of its server."""
    target, _, port = str(call["to"]).partition(":")
    server = reading.cluster.workload(*target.split("/", 1))
    through = None if server is None else find_service_target(reading.cluster, server, int(port))
    host = f"{target.partition('/')[2]}.{target.partition('/')[0]}.svc:{port}"
    line = {
        "client.addr": "10.244.251.250:40000",
        "client.id": identity,
        "timestamp": "2026-11-27T12:00:00.000000000Z",
        "method": "POST" if call.get("protocol") == "grpc" else "GET",
        "uri": call.get("path", "/"),
        "host": host if through is None else f"{through.host}:{through.port.number}",
        "status": "200",
        "version": "HTTP/2.0",
    }
    return json.dumps(line)


KEPT = ("Namespace", "Service", "Server", "AuthorizationPolicy", "HTTPRoute", "MeshTLSAuthentication")
"""Kinds of manifests that the played case keeps as they are."""


def _with_steps(report: Report, edges: Sequence[Edge]) -> Iterator[Edge]:
    """Yield the missing calls that objects allow."""
    last = {number for number, step in report.plan.steps.items() if step.manifests or "another need" in step.text}
    yield from (edge_of(report.held[number].need, edges) for number in last)


def edge_of(need: Need, edges: Sequence[Edge]) -> Edge:
    """Return the call of the table that a need means: with its path, or where it has none the first of its port."""
    own = (need.caller_name, need.server_name, need.asking.path if need.asking.whole else "")
    return next((edge for edge in edges if edge[:2] == own[:2] and own[2] in ("", edge[2])), own)


def _wrong(said: Mapping[Edge, Standing], edges: Sequence[Edge], answered: Sequence[bool]) -> Iterator[str]:
    for edge, passed in zip(edges, answered, strict=True):
        standing = said.get(edge)
        if (standing is Standing.MISSING and passed) or (standing is not None and standing.allowed and not passed):
            seen = "answered" if passed else "refused"
            yield f"{edge[0]} -> {edge[1]} {edge[2]}: said to be {standing}, and it was {seen}"


HEAD = (
    "application",
    "true calls",
    "refused",
    "said to be",
    "right",
    "unknown",
    "recall",
    "precision",
    "recall with a log",
    "answered after",
)
Row = tuple[int, int, int, int, int, int]


def shown(figures: Sequence[Figures]) -> str:
    """Return a table in Markdown, with the sums of all applications last."""
    numbers = [
        (
            one.calls,
            len(one.refused),
            len(one.missing),
            len(one.found),
            one.doubtful,
            len((one.found | one.by_log) & one.refused),
        )
        for one in figures
    ]
    first, *more = zip(*numbers, strict=True)
    sums = (sum(first), sum(more[0]), sum(more[1]), sum(more[2]), sum(more[3]), sum(more[4]))
    after = [one.answered_after for one in figures]
    rows = [_row(one.name, row, one.answered_after) for one, row in zip(figures, numbers, strict=True)]
    total = _row("all", sums, (sum(passed for passed, _ in after), sum(known for _, known in after)))
    return "\n".join(["| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|", *rows, total])


def _row(name: str, numbers: Row, after: tuple[int, int]) -> str:
    _, refused, missing, found, _, logged = numbers
    recall = f"{found / refused:.2f}" if refused else "-"
    precision = f"{found / missing:.2f}" if missing else "-"
    with_log = f"{logged / refused:.2f}" if refused else "-"
    cells = (name, *numbers[:5], recall, precision, with_log, f"{after[0]} of {after[1]}")
    return "| " + " | ".join(map(str, cells)) + " |"


async def main() -> int:
    """Measure the applications, and print what was found; return 1 where something was said wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="applications; default: all")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    arguments = parser.parse_args()
    folders = sorted(
        folder.parent
        for folder in FOLDER.glob("*/calls.yaml")
        if not arguments.names or folder.parent.name in arguments.names
    )
    figures = [await measured(folder) for folder in folders]
    wrong = [f"{one.name}: {text}" for one in figures for text in one.wrong]
    if arguments.output == "json":
        sys.stdout.write(json.dumps([_as_json(one) for one in figures], indent=2) + "\n")
    else:
        missed = [text for one in figures for text in _missed(one)]
        sys.stdout.write("\n".join([shown(figures), *wrong, *missed, ""]))
    return 1 if wrong else 0


def _missed(one: Figures) -> Iterator[str]:
    for edge in sorted(one.refused - one.missing):
        standing = one.said.get(edge)
        told = standing or "no need: nothing declares it"
        yield f"{one.name}: {edge[0]} -> {edge[1]} {edge[2]} was refused, and said to be {told}"


def _as_json(one: Figures) -> dict[str, object]:
    return {
        "name": one.name,
        "calls": one.calls,
        "refused": sorted(one.refused),
        "missing": sorted(one.missing),
        "unknown": one.doubtful,
        "wrong": list(one.wrong),
        "answered after": list(one.answered_after),
    }


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
