"""What several verbs share: their sources, what the mesh was installed with, and how output is chosen."""

import re
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any

import click

from meshpolicy.cli.echo import echo
from meshpolicy.cli.progress import progress
from meshpolicy.core.errors import InvalidInput
from meshpolicy.core.networks import parse_network
from meshpolicy.core.policy import DefaultPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.helmvalues import MODES
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.installed import read_value_files
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.sources import read
from meshpolicy.render.notes import notes

Command = Callable[..., Any]
STANDARD = MeshSettings()
NAME = re.compile(r"[A-Za-z0-9_.-]+")


SERVERS = "Only calls to workloads of this name, such as `shop/*` or `cart`; may be repeated."
CLIENTS = "Only calls that an account of this name may make, whether as itself or as anyone; may be repeated."


def selection_options(command: Command) -> Command:
    """Add patterns for servers and clients; the verb gets them as `servers` and `clients`."""
    chosen = click.option("--client", "clients", multiple=True, metavar="GLOB", help=CLIENTS)(command)
    return click.option("--server", "servers", multiple=True, metavar="GLOB", help=SERVERS)(chosen)


def mesh_options(command: Command) -> Command:
    """Add what the mesh was installed with; the verb gets it as `settings`.

    An option counts before a file of values, that before linkerd-config in the input, and that before the chart.
    """

    @wraps(command)
    def wrapped(values: tuple[str, ...], **rest: Any) -> Any:
        told = {one.name: rest.pop(one.name) for one in fields(MeshSettings) if one.name in rest}
        found = {name: value for name, value in told.items() if value is not None}
        return command(settings=read_value_files(values, STANDARD).told(**found), **rest)

    with_options: Command = wrapped
    for option in reversed(_MESH):
        with_options = option(with_options)
    return with_options


def networks(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """Return the networks of a list."""
    del context, parameter
    if text is None:
        return None
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in found:
        if parse_network(part) is None:
            raise click.BadParameter(f"`{part}` is no network such as 10.0.0.0/8")
    return found


def _name(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    """Return the name of a domain or a namespace."""
    del context, parameter
    if text is not None and not NAME.fullmatch(text):
        raise click.BadParameter(f"`{text}` is not made of letters, digits, `-`, `_` and `.`")
    return text


def _setting(name: str, *words: str, standard: str = "", **rest: Any) -> Callable[[Command], Command]:
    """Return an option of MeshSettings; without it, values and linkerd-config decide, and then the chart."""
    usual = standard or getattr(STANDARD, name)
    shown = ", ".join(usual if isinstance(usual, tuple) else str(usual).split(","))
    return click.option(*words, name, default=None, help=f"{rest.pop('help')}  [chart: {shown}]", **rest)


_MESH = (
    click.option(
        "--values",
        multiple=True,
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Helm values with which Linkerd's control plane was installed; may be repeated.",
    ),
    _setting(
        "default_inbound_policy",
        "--default-policy",
        type=click.Choice([str(mode) for mode in DefaultPolicy]),
        help="The mesh's defaultInboundPolicy.",
    ),
    _setting("trust_domain", "--trust-domain", callback=_name, help="The mesh's trust domain."),
    _setting(
        "control_plane_namespace",
        "--control-plane",
        metavar="NAMESPACE",
        callback=_name,
        help="The namespace of Linkerd's control plane.",
    ),
    _setting(
        "outbound_transport_mode",
        "--transport-mode",
        type=click.Choice(MODES),
        help="How proxies carry meshed traffic: on 4143, or on the port itself.",
    ),
    _setting(
        "cluster_networks",
        "--cluster-networks",
        metavar="LIST",
        callback=networks,
        help="clusterNetworks of the mesh.",
    ),
    _setting(
        "probe_networks", "--probe-networks", metavar="LIST", callback=networks, help="probeNetworks of the mesh."
    ),
    _setting("ignore_inbound_ports", "--ignore-inbound-ports", metavar="LIST", help="ignoreInboundPorts of the mesh."),
    _setting(
        "ignore_outbound_ports", "--ignore-outbound-ports", metavar="LIST", help="ignoreOutboundPorts of the mesh."
    ),
    _setting("opaque_ports", "--opaque-ports", metavar="LIST", help="opaquePorts of the mesh."),
    _setting("skip_subnets", "--skip-subnets", metavar="LIST", standard="none", help="skipSubnets of the mesh."),
    _setting(
        "proxy_version",
        "--proxy-version",
        metavar="RELEASE",
        standard="unknown",
        help="The release of its proxies, such as edge-26.8.3: older ones compare host names with case.",
    ),
    _setting("ipv6", "--ipv6/--no-ipv6", standard="no", help="Whether IPv6 packets are led to proxies: disableIPv6."),
    _setting("cni", "--cni/--no-cni", standard="no", help="Whether the CNI plugin leads packets to proxies."),
)


def _assigned(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Return the variables of `NAME=VALUE`."""
    del context, parameter
    for value in values:
        if "=" not in value:
            raise click.BadParameter(f"`{value}` is not NAME=VALUE")
    return {name: text for name, _, text in (value.partition("=") for value in values)}


_HOME = click.option(
    "-n", "--namespace", default="", help="The namespace of objects that name none.  [default: default]"
)
_CHOSEN = click.option(
    "-n",
    "--namespace",
    multiple=True,
    help="Ask about this namespace only; may be repeated. Objects that name none are of the first.  [default: all that "
    "have a sidecar]",
)
_READ = (
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files of this name; may be repeated."),
    click.option(
        "--set",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_assigned,
        help="The value of a variable ${NAME} that a GitOps tool would fill in; may be repeated.",
    ),
    click.option(
        "--overlay",
        "overlays",
        multiple=True,
        metavar="PATH",
        help="Of several kustomizations, render that of this folder; may be repeated.",
    ),
    click.option(
        "--closed-world",
        is_flag=True,
        help="These are all objects of the cluster: what is missing here, does not exist.",
    ),
)


def read_options(command: Command) -> Command:
    """Add how files are read; the verb gets it as `options`."""
    return _with_read(_reading(command), _HOME)


def _reading(command: Command) -> Command:
    """Return a verb that gets how files are read as `options`."""

    @wraps(command)
    def wrapped(
        exclude: tuple[str, ...],
        namespace: str,
        variables: dict[str, str],
        overlays: tuple[str, ...],
        *,
        closed_world: bool,
        **rest: Any,
    ) -> Any:
        options = ReadOptions(exclude, namespace, variables, closed_world, overlays=overlays)
        return command(options=options, **rest)

    return wrapped


def _with_read(command: Command, namespace: Callable[[Command], Command]) -> Command:
    for option in reversed((_READ[0], namespace, *_READ[1:])):
        command = option(command)
    return command


def sources(command: Command) -> Command:
    """Add SOURCES, --context and how files are read; the verb gets `sources`, `context` and `options`."""
    return _with_sources(read_options(command))


def _with_sources(command: Command) -> Command:
    command = click.option("--context", default="", help="Read a live cluster through kubectl instead of SOURCES.")(
        command
    )
    return click.argument("sources", nargs=-1, type=click.Path(allow_dash=True))(command)


def sources_and_namespaces(command: Command) -> Command:
    """Add the same, with a --namespace that may be repeated and chooses what is asked about, as `namespaces`."""
    reading = _reading(command)

    @wraps(command)
    def wrapped(namespace: tuple[str, ...], **rest: Any) -> Any:
        chosen = tuple(dict.fromkeys(namespace))
        return reading(namespace=next(iter(chosen), ""), namespaces=chosen, **rest)

    return _with_sources(_with_read(wrapped, _CHOSEN))


def cluster_options(command: Command) -> Command:
    """Add SOURCES, --context and the mesh's settings; the verb gets all that as one `cluster`."""

    @wraps(command)
    def wrapped(
        settings: MeshSettings, sources: tuple[str, ...], context: str, options: ReadOptions, **rest: Any
    ) -> Any:
        return command(cluster=read_cluster(sources, context, settings, options), **rest)

    return mesh_options(_with_sources(read_options(wrapped)))


def read_cluster(paths: tuple[str, ...], context: str, settings: MeshSettings, options: ReadOptions) -> Cluster:
    """Return the cluster that a verb is asked about."""
    return read_manifests(paths, context, settings, options).cluster


def read_manifests(paths: tuple[str, ...], context: str, settings: MeshSettings, options: ReadOptions) -> Manifests:
    """Return the manifests that a verb is asked about, from which access can be told."""
    require(paths, context)
    reading = read(paths, settings, context, progress, options)
    note_reading(reading)
    if reading.deciding:
        raise InvalidInput(reading.deciding)
    for problem in reading.refused if reading.live else ():
        echo(f"note: {problem}; it is stored all the same, and in force as far as Linkerd reads it", err=True)
    note_empty(reading.cluster)
    return reading


def note_reading(reading: Manifests) -> None:
    """Say on stderr what was left out of folders, and which objects stand in a namespace that they do not name."""
    for note in notes(reading):
        echo(f"note: {note}", err=True)


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
    return columns() if sys.stdout.isatty() else None


def columns() -> int:
    """Return how wide a table may be: the terminal, or COLUMNS, or else 80."""
    from shutil import get_terminal_size  # here, as it brings archives along

    return get_terminal_size().columns


def output(*forms: str) -> Callable[[Command], Command]:
    """Add --output with these forms, the first being the default."""
    return click.option(
        "--output", type=click.Choice(forms), default=forms[0], show_default=True, help="The form of the output."
    )
