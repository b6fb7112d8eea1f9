"""What several verbs share: their sources, what the mesh was installed with, and how output is chosen."""

import sys
from collections.abc import Callable
from functools import wraps
from shutil import get_terminal_size
from typing import Any

import click

from meshpolicy.cli.echo import echo
from meshpolicy.cli.progress import progress
from meshpolicy.core.errors import InvalidInput
from meshpolicy.core.policy import DefaultPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import MeshSettings
from meshpolicy.manifests.sources import read, read_strictly

Command = Callable[..., Any]
STANDARD = MeshSettings()


def mesh_options(command: Command) -> Command:
    """Add what the mesh was installed with; the verb gets it as `settings`."""

    @wraps(command)
    def wrapped(default_policy: str, trust_domain: str, control_plane: str, transport_mode: str, **rest: Any) -> Any:
        settings = MeshSettings(
            default_policy,
            trust_domain=trust_domain,
            control_plane_namespace=control_plane,
            outbound_transport_mode=transport_mode,
        )
        return command(settings=settings, **rest)

    for option in reversed(_MESH):
        wrapped = option(wrapped)
    return wrapped


_MESH = (
    click.option(
        "--default-policy",
        type=click.Choice([str(mode) for mode in DefaultPolicy]),
        default=STANDARD.default_inbound_policy,
        show_default=True,
        help="The mesh's defaultInboundPolicy.",
    ),
    click.option("--trust-domain", default=STANDARD.trust_domain, show_default=True, help="The mesh's trust domain."),
    click.option(
        "--control-plane",
        metavar="NAMESPACE",
        default=STANDARD.control_plane_namespace,
        show_default=True,
        help="The namespace of Linkerd's control plane.",
    ),
    click.option(
        "--transport-mode",
        type=click.Choice(["transport-header", "transparent"]),
        default=STANDARD.outbound_transport_mode,
        show_default=True,
        help="How proxies carry meshed traffic: on 4143, or on the port itself.",
    ),
)


def sources(command: Command) -> Command:
    """Add SOURCES and --context; the verb gets the paths and the context's name."""
    command = click.option("--context", default="", help="Read a live cluster through kubectl instead of SOURCES.")(
        command
    )
    return click.argument("sources", nargs=-1, type=click.Path(allow_dash=True))(command)


def cluster_options(command: Command) -> Command:
    """Add SOURCES, --context and the mesh's settings; the verb gets all that as one `cluster`."""

    @wraps(command)
    def wrapped(settings: MeshSettings, sources: tuple[str, ...], context: str, **rest: Any) -> Any:
        return command(cluster=read_cluster(sources, context, settings), **rest)

    return mesh_options(_with_sources(wrapped))


def _with_sources(command: Command) -> Command:
    return sources(command)


def read_cluster(paths: tuple[str, ...], context: str, settings: MeshSettings) -> Cluster:
    """Return the cluster that a verb is asked about."""
    require(paths, context)
    if not context:
        cluster = read_strictly(paths, settings, progress=progress)
        note_empty(cluster)
        return cluster
    reading = read((), settings, context, progress)
    if reading.unusable:
        raise InvalidInput(reading.unusable)
    for problem in reading.refused:
        echo(f"note: {problem}: passed over, as Linkerd's controller does", err=True)
    cluster = reading.admitted
    note_empty(cluster)
    return cluster


def note_empty(*clusters: Cluster) -> None:
    """Say on stderr where there is nobody to ask about: the answer is not that all is well."""
    if not any(cluster.workloads for cluster in clusters):
        echo("note: no workload was read: no Pod, and nothing that makes Pods", err=True)


def require(paths: tuple[str, ...], context: str) -> None:
    """Raise a usage error where nothing says what to read, or two things do."""
    if not paths and not context:
        raise click.UsageError("name the manifests to read (files, folders or -), or a cluster with --context")
    if paths and context:
        raise click.UsageError("SOURCES and --context exclude each other")


def width() -> int | None:
    """Return the columns of the terminal that shows the output; None where it goes elsewhere."""
    return get_terminal_size().columns if sys.stdout.isatty() else None


def output(*forms: str) -> Callable[[Command], Command]:
    """Add --output with these forms, the first being the default."""
    return click.option(
        "--output", type=click.Choice(forms), default=forms[0], show_default=True, help="The form of the output."
    )
