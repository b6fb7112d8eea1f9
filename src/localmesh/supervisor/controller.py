"""Builds the mesh from the manifests, and implements the operations of the supervisor's API."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from time import perf_counter

from localmesh.ask.access import access, policy_identities
from localmesh.ask.ask import ProbeClient, client
from localmesh.ask.sources import AsAccount, AsPod, AsStranger
from localmesh.control.ingressgateway import find_ingress, ingress_group
from localmesh.control.manifests import read_manifests
from localmesh.control.mesh import Mesh
from localmesh.control.podwriter import PodWriter
from localmesh.control.refusals import Noted, Refusal, explained
from localmesh.envoy.command import binary
from localmesh.envoy.sidecar import proxy_url
from localmesh.errors import BadInput
from localmesh.events import Listener
from localmesh.identity.authority import ANCHOR, Authority
from localmesh.identity.credentials import Credentials
from localmesh.observe.history import History
from localmesh.observe.parties import account
from localmesh.observe.probed import VerifiedView
from localmesh.observe.views import Dropped, StatView, TapView
from localmesh.observe.watch import Watcher
from localmesh.pods.addresses import LOCALHOST, to_loopback
from localmesh.pods.network import NodeNetwork
from localmesh.pods.plan import Group, groups
from localmesh.pods.preflight import envoy_reasons, port_reasons, workload_reasons
from localmesh.pods.runner import Runner
from localmesh.pods.spans import Receiver
from localmesh.project import around
from localmesh.settings import Settings, to_environ
from localmesh.state import StateFolder
from localmesh.supervisor.metrics import Metrics
from localmesh.supervisor.observation import Observation
from localmesh.supervisor.spans import Spans
from localmesh.traces.collector import collector_reasons
from localmesh.traces.select import Wanted
from localmesh.traces.store import TraceStore
from localmesh.traces.view import TracesView
from localmesh.views import NODE, UNMESHED, AccessView, Answer, Applied, IngressView, MeshView, PodView, Question
from meshpolicy.core.client import Client
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster


class Controller:
    """A running mesh with its manifests and settings."""

    def __init__(
        self,
        settings: Settings,
        folder: StateFolder,
        network: NodeNetwork,
        environ: Mapping[str, str],
        report: Listener,
        receiver: Receiver | None,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self._network = network
        self._environ = environ
        self._manifests = read_manifests(settings.manifests)
        cluster = self._manifests.cluster
        planned = self._planned(cluster)
        reasons = [
            *workload_reasons(planned, environ),
            *port_reasons({"PORT": settings.port, "HTTPS_PORT": settings.https_port}),
            *envoy_reasons(binary(), environ),
            *collector_reasons(environ),
        ]
        if reasons:
            raise BadInput(*reasons, hint="nothing was started")
        self._authority = Authority.open(folder.authority, cluster.settings.trust_domain)
        credentials = Credentials(self._authority, settings.certificate_lifetime)
        writer = PodWriter(cluster, planned, folder, environ, credentials, find_ingress(cluster, settings), receiver)
        self.observation = Observation(to_loopback(network.node), settings.manifests, around(settings.manifests[0]))
        self.mesh = Mesh(writer, network, self.observation.noting(report))
        self.observation.begin(self.mesh)
        self.metrics_of_sidecars = Metrics(folder, environ, self.mesh, self.observation.watcher)
        self._known_access: tuple[object, tuple[AccessView, ...]] | None = None
        self.spans = Spans(folder, environ, self._refusal)
        self.verified: VerifiedView | None = None
        """Result of the last `verify`; None if the manifests have changed since."""

    def _refusal(self, pod: str, attributes: Mapping[str, str]) -> Refusal | None:
        """Return why the policies of a pod's port refused the request whose span has these attributes, or None."""
        noted, port = Noted.of(attributes), attributes.get("port", "")
        if noted.verdict is None or pod not in self.mesh.members or not port.isdecimal():
            return None
        workload = self.mesh.group(pod).workload
        return explained(effective(self.mesh.writer.cluster, workload, int(port)).taken_to_hold(), noted)

    def _planned(self, cluster: Cluster) -> tuple[Group, ...]:
        found = groups(cluster.workloads, cluster.settings, self.folder)
        entry = find_ingress(cluster, self.settings)
        return (*found, ingress_group(entry, cluster, self.folder)) if entry else found

    @property
    def watcher(self) -> Watcher:
        """The reader of the access logs, which runs while somebody watches."""
        return self.observation.watcher

    @property
    def history(self) -> History:
        """The latest changes."""
        return self.observation.history

    def metrics(self) -> bytes:
        """Return the sidecars' metrics in Prometheus' text format."""
        return self.metrics_of_sidecars.text()

    def prometheus(self) -> str:
        """Return the URL of the Prometheus beside the mesh; empty if there is none."""
        return self.metrics_of_sidecars.page

    def take_verified(self, verified: VerifiedView) -> None:
        """Keep the result of a verification, for the page."""
        self.verified = verified
        ending = f"{verified.different} differ" if verified.different else "all as proved"
        self._note("verify", f"{verified.calls} calls, {ending}")

    def callers(self) -> Iterable[str]:
        """Return all possible clients, by their names in `view`."""
        return self._clients()

    @property
    def store(self) -> TraceStore:
        """The latest traces."""
        return self.spans.store

    def view(self) -> MeshView:
        """Return the state of the whole mesh."""
        return MeshView(
            settings=to_environ(replace(self.settings, state=self.folder.path)),
            pods=tuple(self._pod(runner) for _, runner in sorted(self.mesh.runners.items())),
            access=self._access(),
            ingress=self._ingress(),
        )

    def _access(self) -> tuple[AccessView, ...]:
        """Return the access table; it is computed again only if manifests or clients have changed."""
        clients = self._clients()
        made_from = (self.mesh.writer, clients)
        if self._known_access is None or self._known_access[0] != made_from:
            self._known_access = made_from, access(self.mesh.writer.cluster, self.mesh.groups, clients)
        return self._known_access[1]

    def _ingress(self) -> IngressView | None:
        entry = self.mesh.writer.ingress
        if entry is None:
            return None
        authority = str(self.folder.authority / ANCHOR)
        paths = entry.paths(self.mesh.writer.cluster)
        return IngressView(entry.url("HTTP"), entry.url("HTTPS"), authority, paths)

    def _identities(self) -> tuple[str, ...]:
        return policy_identities(self.mesh.writer.cluster, self.mesh.groups)

    def _clients(self) -> dict[str, Client]:
        """Return all possible clients: the workloads, the accounts in policies, the node, and an unmeshed client."""
        running = {runner.pod.workload: runner.pod for runner in self.mesh.runners.values()}
        workloads = {
            group.workload.ref.name: client(AsPod(running[group.workload.ref]))
            for group in self.mesh.groups
            if group.workload.ref in running
        }
        known = {found.identity for found in workloads.values()}
        unknown = [identity for identity in self._identities() if identity not in known]
        accounts = {account(identity).name: client(AsAccount(identity)) for identity in unknown}
        others = {NODE: client(AsStranger(to_loopback(self._network.node))), UNMESHED: client(AsStranger(LOCALHOST))}
        return workloads | accounts | others

    def _pod(self, runner: Runner) -> PodView:
        pod = runner.pod
        return PodView(
            name=pod.name,
            namespace=pod.namespace,
            workload=pod.workload.name,
            address=str(pod.local),
            identity=pod.identity,
            expires=self.mesh.writer.credentials.expires(pod),
            phase=runner.phase,
            restarts=runner.restarts,
            sidecar_restarts=runner.sidecar.restarts,
            ports={port.name or str(port.number): port.number for c in pod.containers for port in c.ports},
        )

    async def rotate(self) -> int:
        """Renew every certificate; return how many."""
        count = self.mesh.rotate()
        self._note("rotate", f"{count} certificates renewed")
        return count

    async def restart(self, name: str) -> tuple[str, ...]:
        """Replace a pod, or the pods of a workload one by one, by new ones of the same names; return the names."""
        names = await self.mesh.replace(name)
        self._note("restart", f"replaced {', '.join(names)}" if names else f"{name} has no pod to replace")
        return names

    async def ask(self, question: Question) -> Answer:
        """Send one request as the source of the question; return its outcome beside the prediction."""
        runners = self.mesh.runners.values()
        probe_client = ProbeClient(
            groups=self.mesh.groups,
            writer=self.mesh.writer,
            proxies={name: proxy_url(member.runner.pod, member.secret) for name, member in self.mesh.members.items()},
            running=[runner.pod for runner in runners],
            ready=[runner.pod for runner in runners if runner.ready],
            identities=self._identities(),
            folder=self.folder,
            node=to_loopback(self._network.node),
        )
        return await probe_client.ask(question)

    async def scale(self, name: str, replicas: int) -> tuple[str, ...]:
        """Run a workload with that many pods until the manifests are applied again; return their names."""
        pods = await self.mesh.scale(self.mesh.group(name), replicas)
        self._note("scale", f"{name} runs as {', '.join(pods) or 'no pod'}")
        return pods

    async def stat(self, window: int, *, by_pod: bool) -> StatView:
        """Return the rates of every edge over the last `window` seconds."""
        return await self.observation.stat(window, by_pod=by_pod)

    def tap(self, name: str) -> AsyncIterator[TapView | Dropped]:
        """Yield the requests that a pod, or the pods of a workload, receive and send from now on."""
        return self.observation.tap(self.mesh, name)

    def _note(self, kind: str, text: str) -> None:
        self.observation.history.note(kind, text)

    def manifests(self) -> str:
        """Return the applied manifests as YAML."""
        return self._manifests.to_yaml()

    def traces(self, wanted: Wanted) -> TracesView:
        """Return the traces that match, latest first."""
        return self.spans.view(wanted.select(self.spans.store.latest()), self.mesh.writer.receiver)

    def trace(self, prefix: str) -> TracesView:
        """Return the traces whose ID starts with `prefix`."""
        return self.spans.view(self.spans.store.find(prefix), self.mesh.writer.receiver)

    async def apply(self) -> Applied:
        """Read the manifests again; return what changed once every sidecar has accepted it."""
        started = perf_counter()
        manifests = read_manifests(self.settings.manifests, "what runs was not changed")
        reading = perf_counter() - started
        cluster = manifests.cluster
        planned = self._planned(cluster)
        if reasons := tuple(workload_reasons(planned, self._environ)):
            raise BadInput(*reasons, hint="what runs was not changed")
        writer = replace(
            self.mesh.writer, cluster=cluster, groups=planned, ingress=find_ingress(cluster, self.settings)
        )
        applied = await self.mesh.adopt(writer)
        self._manifests = manifests
        if applied:
            self.verified = None
        applied = replace(applied, seconds=perf_counter() - started, reading=reading)
        self._note("apply", applied.words())
        return applied
