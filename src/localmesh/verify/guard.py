"""The guard against a verification that would find nothing: policies are changed, and the findings must say so.

On a copy of one sidecar, never on the mesh that runs: a grant is removed there, then everybody is let in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum

from localmesh.control.manifests import Manifests
from localmesh.identity.authority import Authority
from localmesh.verify.accesslog import AccessLogs
from localmesh.verify.cell import Cell, Traces
from localmesh.verify.clients import VerifyClient, meshed
from localmesh.verify.findings import judged
from localmesh.verify.scratch import NAME, Copy, copy_of
from localmesh.verify.send import Sender
from localmesh.verify.servers import VerifyServer
from meshpolicy.core.document import Document
from meshpolicy.core.fields import Fields
from meshpolicy.core.policy import PortPolicy
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.parse import parse_documents
from meshverify.cause import Cause
from meshverify.expectation import expect
from meshverify.finding import Finding, failed, judge, skip

GROUP = "guard"
KINDS = ("AuthorizationPolicy", "ServerAuthorization")
NOT_SEEN = "what changed on the copy was not reported: then `verify` cannot be trusted to report it on the mesh"


async def guard(manifests: Manifests, cells: Sequence[Cell], traces: Traces, sender: Sender) -> list[Finding]:
    """Return whether changed policies are seen: each change must be reported by exactly the calls that it concerns."""
    removable = [one for one in cells if _removable(one)]
    granted_to_others = {one.expected.grants for one in cells if one.expected.grants and not one.client.identity}
    chosen = max(removable, key=lambda one: one.expected.grants not in granted_to_others, default=None)
    if chosen is None:
        return [skip(GROUP, "a removed policy is seen", "no policy here grants a call to an identity")]
    workload = _workload(manifests.cluster, chosen.server)
    authority = Authority.create(sender.authority.domain)
    async with copy_of(chosen.server, workload, authority) as copy:
        copied = _copied(cells, chosen, copy, authority)
        trial = _Trial(manifests, workload, copy, copied, traces, Sender(authority, sender.folder))
        return [
            await trial.changed("the copy is as the manifests say", manifests.documents),
            await trial.changed(f"without {chosen.expected.grants[0]}", without(manifests.documents, chosen)),
            await trial.changed(f"with everybody let in by {chosen.server.policy.server}", opened(manifests, chosen)),
        ]


def _removable(one: Cell) -> bool:
    granted = one.expected.cause is Cause.ALLOWED and len(one.expected.grants) == 1 and one.client.leaf is not None
    return granted and one.server.guarded and one.expected.grants[0].startswith(KINDS)


def _workload(cluster: Cluster, server: VerifyServer) -> Workload:
    ref = server.policy.workload
    found = cluster.workload(ref.namespace, ref.name)
    assert found is not None  # noqa: S101 `servers` has found it by these names
    return found


def _copied(cells: Iterable[Cell], chosen: Cell, copy: Copy, authority: Authority) -> list[Cell]:
    """Return the calls to the chosen port as calls to its copy, with certificates of the copy's own authority."""
    server = replace(chosen.server, pod=NAME, address=copy.address)
    clients: dict[str, VerifyClient] = {}
    found = []
    for one in cells:
        if one.server is not chosen.server or one.client.fault:
            continue
        client = clients.setdefault(one.client.name, _with(one.client, authority))
        found.append(replace(one, client=client, server=server))
    return found


def _with(client: VerifyClient, authority: Authority) -> VerifyClient:
    if client.leaf is None:
        return client
    return replace(client, leaf=meshed(client.name, client.identity, client.source, authority).leaf)


class _Trial:
    """Sends the calls to the copy under one policy after the other."""

    def __init__(
        self,
        manifests: Manifests,
        workload: Workload,
        copy: Copy,
        cells: Sequence[Cell],
        traces: Traces,
        sender: Sender,
    ) -> None:
        self._manifests, self._workload, self._copy = manifests, workload, copy
        self._cells, self._traces, self._sender = cells, traces, sender

    async def changed(self, name: str, documents: Iterable[Document]) -> Finding:
        """Have other documents hold, and return whether just what they change is reported."""
        policy = self._policy(documents)
        await self._copy.adopt(policy)
        cells = [replace(one, trace=self._traces.next()) for one in self._cells]
        logs = AccessLogs({NAME: self._copy.log})
        seen = await logs.added(cells, await self._sender.send(cells))
        reported = {finding.name for finding in failed(judged(cells, seen, controlled=False))}
        changes = {one.name: _change(one, policy) for one in cells}
        due = {name for name, change in changes.items() if change is Change.OUTCOME}
        may = {name for name, change in changes.items() if change is Change.GRANT}
        hint = "; ".join(sorted((reported ^ due) - may)[:3])
        return judge(
            *(GROUP, name, f"{len(due)} of {len(cells)} calls reported", f"{len(reported - may)} reported"),
            good=due <= reported <= due | may,
            hint=f"{NOT_SEEN} ({hint})",
        )

    def _policy(self, documents: Iterable[Document]) -> PortPolicy:
        cluster = parse_documents(tuple(documents), closed=True).cluster
        return effective(cluster, self._workload, self._copy.number).taken_to_hold()


class Change(Enum):
    """What another policy changes about a call."""

    NOTHING = "nothing"
    OUTCOME = "outcome"
    """Its cause or its route."""
    GRANT = "grant"
    """Who admits its client, among others; a sidecar names one of them."""


def _change(one: Cell, policy: PortPolicy) -> Change:
    headers = {**one.request.headers, **dict(one.client.headers)}
    now = expect(policy, one.client.seen, replace(one.request, headers=headers), one.server.traffic)
    if (now.cause, now.route) != (one.expected.cause, one.expected.route):
        return Change.OUTCOME
    return Change.NOTHING if now.grants == one.expected.grants else Change.GRANT


def without(documents: Iterable[Document], chosen: Cell) -> list[Document]:
    """Return the documents but the one that grants the chosen call."""
    return [document for document in documents if _called(document) != chosen.expected.grants[0]]


def opened(manifests: Manifests, chosen: Cell) -> list[Document]:
    """Return the documents with a Server that lets everybody in on the chosen port."""
    server = str(chosen.server.policy.server)
    return [_open(document) if _called(document) == server else document for document in manifests.documents]


def _open(document: Document) -> Document:
    spec = document.data.get("spec")
    known = spec if isinstance(spec, dict) else {}
    return replace(document, data={**document.data, "spec": {**known, "accessPolicy": "all-unauthenticated"}})


def _called(document: Document) -> str:
    fields = Fields(document.data, document.place, [])
    metadata = fields.child("metadata")
    return f"{fields.text('kind')} {metadata.text('namespace', 'default')}/{metadata.text('name')}"
