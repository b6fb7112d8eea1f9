"""Manifests that questions are asked about, and how they are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from os import PathLike

from meshpolicy.core.errors import InvalidInput, InvalidQuestion, Problem
from meshpolicy.core.networks import parse_network
from meshpolicy.core.policy import DefaultPolicy
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.helmvalues import MODES
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.installed import read_value_files
from meshpolicy.manifests.manifests import Manifests as Reading
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.revisions import holds, is_revision
from meshpolicy.manifests.sources import read as read_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What Linkerd was installed with.

    What is None here is taken from Helm values, else from `linkerd-config` in the manifests, else from Linkerd's chart.
    """

    default_inbound_policy: str | None = None
    """`deny`, `all-authenticated` …"""
    trust_domain: str | None = None
    control_plane_namespace: str | None = None
    outbound_transport_mode: str | None = None
    """`transport-header` or `transparent`."""
    cluster_networks: tuple[str, ...] | None = None
    probe_networks: tuple[str, ...] | None = None
    ignore_inbound_ports: str | None = None
    """A list of ports and ranges: `25,4000-4010`."""
    ignore_outbound_ports: str | None = None
    opaque_ports: str | None = None
    skip_subnets: str | None = None
    proxy_version: str | None = None
    """The release of the proxies, such as `edge-26.8.3`; older ones compare host names case-sensitively."""
    ipv6: bool | None = None
    """Whether IPv6 packets are redirected to proxies."""
    cni: bool | None = None
    """Whether Linkerd's CNI plugin redirects packets to proxies, instead of linkerd-init."""


@dataclass(frozen=True, slots=True, eq=False)
class Manifests:
    """What `read` found: the objects, and what is wrong with them."""

    problems: tuple[Problem, ...]
    """Objects that a cluster would refuse, and files that were left out of folders, each with its place."""
    reading: Reading = field(repr=False)
    """Internal: what the questions ask."""

    @property
    def workloads(self) -> tuple[Ref, ...]:
        """The Pods, and the Deployments and other objects that make pods, in the order of the manifests."""
        return tuple(workload.ref for workload in self.reading.cluster.workloads)


def read(
    *sources: str | PathLike[str],
    revision: str = "",
    context: str = "",
    namespace: str = "",
    exclude: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    overlays: Sequence[str | PathLike[str]] = (),
    values: Sequence[str | PathLike[str]] = (),
    installation: Installation = Installation(),
    closed_world: bool = False,
) -> Manifests:
    """Read manifests.

    Args:
        sources: files and folders (read recursively, hidden folders left out); `-` is standard input.
        revision: a git revision; the sources are read as of this revision.
        context: a context of kubectl; the live cluster is read instead of sources.
        namespace: the namespace of objects that name none; empty: `default`.
        exclude: glob patterns of files to leave out, such as `*-values.yaml`.
        variables: the values of variables `${NAME}` that a GitOps tool would fill in.
        overlays: the kustomization folders to render where a source holds several; empty: all of them.
        values: Helm values files with which Linkerd's control plane was installed.
        installation: further settings of the installation; they outweigh `values`.
        closed_world: whether these are all objects of the cluster. Else what they do not have may exist elsewhere,
            and what rests on it is unknown.

    Returns:
        The manifests. Objects that a cluster would refuse are listed in `problems`: `lint` reports them,
        and the other functions raise InvalidInput until they are corrected.

    Raises:
        InvalidInput: documents cannot be read; with all problems, each with file and line.
        InvalidQuestion: there is nothing to read, the revision does not have it, or the installation has a value that
            Linkerd does not know.
        MeshPolicyError: kubectl or git is not installed, or failed.

    """
    paths = [str(source) for source in sources]
    options = ReadOptions(
        tuple(exclude), namespace, variables or {}, closed_world, revision, tuple(str(one) for one in overlays)
    )
    _require_one_input(paths, context, options)
    reading = read_sources(paths, _settings(values, installation), context, options=options)
    if reading.unusable:
        raise InvalidInput(reading.wrong)
    return Manifests(reading.problems, reading)


def _require_one_input(sources: Sequence[str], context: str, options: ReadOptions) -> None:
    """Raise InvalidQuestion unless there is one thing to read, with options that it takes."""
    if bool(sources) is bool(context):
        raise InvalidQuestion("name either the manifests to read (files, folders or -), or a live cluster's context")
    if context and (options.revision or options.namespace or options.excluded or options.variables or options.overlays):
        raise InvalidQuestion(
            "revision, namespace, exclude, variables and overlays are for manifests, not for a live cluster"
        )
    if options.revision:
        _require(options.revision, sources)


def _require(revision: str, sources: Sequence[str]) -> None:
    """Raise InvalidQuestion for a revision that git does not know, and for a path that it does not have."""
    if not is_revision(revision):
        raise InvalidQuestion(f"revision {revision}: git knows no such revision here")
    if missing := [source for source in sources if not holds(revision, source)]:
        raise InvalidQuestion(f"revision {revision}: it does not have {', '.join(missing)}")


def cluster_of(manifests: Manifests) -> Cluster:
    """Return what questions about access are asked of. Raises InvalidInput where a cluster would refuse an object."""
    if manifests.reading.deciding:
        raise InvalidInput(manifests.reading.deciding)
    return manifests.reading.cluster


def _settings(values: Sequence[str | PathLike[str]], installation: Installation) -> MeshSettings:
    told = {one.name: getattr(installation, one.name) for one in fields(installation)}
    known = {name: value for name, value in told.items() if value is not None}
    words = {"default_inbound_policy": tuple(map(str, DefaultPolicy)), "outbound_transport_mode": MODES}
    for name in words.keys() & known.keys():
        if known[name] not in words[name]:
            raise InvalidQuestion(f"{name} {known[name]}: one of {', '.join(words[name])} is expected")
    for name in {"cluster_networks", "probe_networks"} & known.keys():
        if wrong := next((text for text in known[name] if parse_network(text) is None), None):
            raise InvalidQuestion(f"{name} {wrong}: a network such as 10.0.0.0/8 is expected")
    return read_value_files([str(path) for path in values], MeshSettings()).told(**known)
