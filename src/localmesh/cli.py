"""The command line: `localmesh up`, `status`, `ask` and the rest. Data goes to standard output, all else beside it.

What takes long to load is loaded where it is needed: the supervisor of `up` starts meanwhile.
"""

import sys
from dataclasses import replace
from errno import EPIPE
from pathlib import Path
from typing import Any, ClassVar

import click

from localmesh import cli_traces, cli_watch
from localmesh.errors import BadInput, CommandFailed, LocalMeshError, NotRunning, os_error_text
from localmesh.printing import fail, say, show, width
from localmesh.running import here, running
from localmesh.settings import paths
from meshpolicy.render.visible import visible

FINDING = 1
BAD_INPUT = 2
INTERRUPTED = 130
MOST_REPLICAS = 200
"""A network of a node has hardly more addresses for pods."""
FINISHED = ("down", "apply", "scale", "rotate", "restart")
"""Commands that the supervisor carries out: whoever waits for them can go away."""

output_option = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)


class Commands(click.Group):
    """The group of all commands; turns every error of this package into one message and an exit code."""

    order: ClassVar = [
        "up",
        "down",
        "status",
        "verify",
        "load",
        "chaos",
        "ask",
        "logs",
        "traces",
        "stat",
        "edges",
        "tap",
        "dashboard",
        "metrics",
        "diff",
        "apply",
        "scale",
        "rotate",
        "restart",
        "test",
    ]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order in which a person meets them."""
        return sorted(super().list_commands(ctx), key=lambda name: self.order.index(name))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except LocalMeshError as error:
            ctx.exit(complain(error))
        except OSError as error:
            if error.errno == EPIPE:  # nobody reads on, which click ends in silence
                raise
            fail((os_error_text(error),))
            ctx.exit(FINDING)
        except KeyboardInterrupt:
            if ctx.invoked_subcommand in FINISHED:
                fail(("interrupted; what the mesh has begun it finishes: see `just status`",))
            ctx.exit(INTERRUPTED)


def complain(error: LocalMeshError) -> int:
    """Print what went wrong; return the exit code."""
    reasons = error.reasons if isinstance(error, BadInput) else (str(error),)
    hint = error.hint if isinstance(error, BadInput | NotRunning) else ""
    output = error.output if isinstance(error, CommandFailed) else ""
    fail(reasons, hint, output)
    return BAD_INPUT if isinstance(error, BadInput | NotRunning) else FINDING


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run the project's manifests on this machine: real Envoy sidecars, mutual TLS and the same policies."""


@main.command()
@click.option(
    "--manifests",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder or file to read, may be repeated; default: k8s/base, mesh/policies and mesh/ingress of the project.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Where the ingress answers HTTP.  [default: 8080]")
@click.option("--https-port", type=click.IntRange(1, 65535), help="The same for HTTPS.  [default: 8443]")
@click.option("--foreground", is_flag=True, help="Stay, and stop with Ctrl-C; for containers and for debugging.")
@output_option
def up(manifests: tuple[Path, ...], port: int | None, https_port: int | None, foreground: bool, output: str) -> None:
    """Start the mesh, prove one allowed and one refused call, and show who may call whom."""
    from localmesh.bringup import bring_up, stay
    from localmesh.project import project_manifests

    settings, folder = here()
    settings = replace(
        settings,
        manifests=tuple(path.absolute() for path in manifests or settings.manifests) or project_manifests(Path.cwd()),
        port=port or settings.port,
        https_port=https_port or settings.https_port,
    )
    folder.prepare()
    sys.exit(stay(settings, folder) if foreground else bring_up(settings, folder, output))


@main.command()
def down() -> None:
    """Stop the mesh of this checkout, and leave nothing behind."""
    from localmesh.supervisor.launch import end
    from localmesh.supervisor.leftovers import clean, leftover_processes
    from localmesh.supervisor.meshes import mesh_in, others

    _, folder = here()
    if not folder.path.exists() and not leftover_processes(folder):
        say(f"No local mesh {folder} runs.")
        if running_elsewhere := others(folder):
            say(f"hint: {running_elsewhere}")
        return
    folder.prepare()
    mesh = mesh_in(folder)
    stopped = end(folder)
    with folder.owned() as mine:
        cleaned = clean(folder) if mine else None
        if mine:
            folder.remove()
    if cleaned:
        say(cleaned)
    say(f"The local mesh {mesh} is stopped." if stopped else f"No local mesh {mesh} runs.")


@main.command()
@output_option
def status(output: str) -> None:
    """Show the pods, their identities, certificates, readiness and restarts, and the way in."""
    from localmesh import render
    from localmesh.supervisor.meshes import owner_of

    mesh = running().status()
    if output == "json":
        click.echo(mesh.to_json(indent=2))
    else:
        show(render.status(mesh, f"{owner_of(mesh.settings)}, state in {mesh.settings['LOCALMESH_STATE']}"))


@main.command()
@click.option(
    "--output", type=click.Choice(["table", "json", "junit"]), default="table", show_default=True, help="How to print."
)
@click.option("--only", "only", multiple=True, metavar="GROUP", help="Verify this group only; may be repeated.")
@click.option("--repeat", type=click.IntRange(1), default=1, metavar="N", help="Verify N times, up to a failure.")
def verify(output: str, only: tuple[str, ...], repeat: int) -> None:
    """Verify on the mesh that runs that allowed calls work, and that all others are refused for the expected cause.

    Sends every request that the policies tell apart to every port, as every identity, as strangers, with
    certificates that must not be accepted and with headers that lie, and requests that are written in unusual ways.
    Exits 1 if an answer differs from what the manifests say.
    """
    from localmesh.verify.command import run
    from localmesh.verify.groups import GROUPS

    if unknown := [group for group in only if group not in GROUPS]:
        raise BadInput(f"--only {unknown[0]}: groups are {', '.join(GROUPS)}")
    client = running()
    sys.exit(run(client, here()[1], frozenset(only or GROUPS), output, repeat))


@main.command()
@click.argument("source", metavar="[FROM", default="")
@click.argument("target", metavar="TO]", default="")
@click.option("--rate", type=click.FloatRange(0.1, 5000), default=200, show_default=True, help="Requests a second.")
@click.option("--duration", default="30s", show_default=True, help="How long: 90s, 30m or 1h.")
@output_option
def load(source: str, target: str, rate: float, duration: str, output: str) -> None:
    """Send one allowed request again and again at a fixed rate, and say how many were lost and how long they took.

    FROM is a workload, which sends by its own sidecar, or `outside`; TO is a Service, such as `ponger/ping`, or a
    path from outside. Latencies count from the time at which a request was meant to be sent, so that none is left
    out while the server is slow. Exits 1 if a request was lost.
    """
    from localmesh.load.command import LoadPlan, run
    from localmesh.settings import duration as seconds_of

    if bool(source) is not bool(target):
        raise BadInput("FROM and TO go together: `just load pinger ponger/ping`, or neither")
    try:
        seconds = seconds_of(duration).total_seconds()
    except ValueError as error:
        raise BadInput(f"--duration {duration}: {error}") from None
    client = running()
    sys.exit(run(client, here()[1], LoadPlan(source, target, rate, seconds), output))


@main.command(no_args_is_help=True)
@click.argument("name")
@click.option("--private", is_flag=True, hidden=True)
@output_option
def chaos(name: str, private: bool, output: str) -> None:
    """Break one thing under load, show what happens, and how it heals.

    NAME is app, sidecar, supervisor, stopped or slow, which strike the mesh that runs; or certificates, collector,
    spans or disk, which strike a second mesh of the same manifests. Exits 1 if a request was lost.
    """
    from localmesh.chaos.command import run

    running()
    sys.exit(run(name, here()[1], output, private=private))


@main.command(no_args_is_help=True)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--method", default="GET", show_default=True, help="The request's method.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header, may be repeated.")
@click.option("--request-target", metavar="TEXT", help="What to send in the request line instead of TO's path.")
@output_option
def ask(
    source: str, target: str, method: str, headers: tuple[str, ...], request_target: str | None, output: str
) -> None:
    """Send one real request as FROM, and say what the answer is and why.

    FROM is a pod or workload, a ServiceAccount (`NAMESPACE/NAME`, or its bare name where the manifests know it),
    or `unmeshed`. TO is a service, workload or pod with an optional port and path: `ponger:metrics/metrics`.
    The path is sent exactly as written: `ponger/../ping`, `ponger//ping`, `ponger/%2e/ping#f`.
    """
    from localmesh import render
    from localmesh.ask.question import checked, header
    from localmesh.relative import relative_paths
    from localmesh.views import Question

    question = checked(Question(source, target, method, tuple(header(text) for text in headers), request_target))
    client = running()
    answer = client.ask(question)
    roots = paths(client.status().settings["LOCALMESH_MANIFESTS"])
    answer = replace(answer, reasons=tuple(relative_paths(reason, roots, Path.cwd()) for reason in answer.reasons))
    if output == "json":
        click.echo(answer.to_json(indent=2))
    else:
        show(render.answer(answer, width()))
    sys.exit(0 if answer.agrees and answer.verdict == "allow" else FINDING)


@main.command(no_args_is_help=True)
@click.argument("name")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on.")
@click.option("--sidecar", is_flag=True, help="What its sidecar has seen: one JSON line a request.")
def logs(name: str, follow: bool, sidecar: bool) -> None:
    """Print what a pod, or all pods of a workload, have written."""
    from localmesh.reading import read_logs
    from localmesh.supervisor.meshes import owner_of

    _, folder = here()
    mesh = running().status()
    say(f"From the local mesh {owner_of(mesh.settings)}:")
    read_logs(folder, mesh, name, sidecar=sidecar, follow=follow, write=lambda line: click.echo(visible(line)))


@main.command()
def rotate() -> None:
    """Renew every certificate while traffic flows."""
    count = running().rotate()
    say(f"{count} certificates renewed.")


@main.command(no_args_is_help=True)
@click.argument("name")
def restart(name: str) -> None:
    """Replace a pod, or the pods of a workload one by one, by new ones of the same names.

    One more pod serves meanwhile, and has to be ready before the first one goes.
    """
    pods = running().restart(name)
    each = ", each" if len(pods) > 1 else ""
    say(
        f"Replaced {', '.join(pods)}{each} by a new pod of the same name." if pods else f"{name} has no pod to replace."
    )


@main.command()
def apply() -> None:
    """Take in what has changed in the manifests, while traffic flows; pods that are made as before stay."""
    say(running().apply().words())


@main.command(no_args_is_help=True)
@click.argument("name")
@click.argument("replicas", type=click.IntRange(0, MOST_REPLICAS))
def scale(name: str, replicas: int) -> None:
    """Have a workload run as so many pods, until the manifests are applied again."""
    pods = running().scale(name, replicas)
    say(f"{name} now runs as {', '.join(pods)}." if pods else f"{name} has no pod now.")


@main.command()
@click.option("--explain", is_flag=True, help="Name the objects that grant each access.")
@output_option
def diff(explain: bool, output: str) -> None:
    """Say what `apply` would change, in requests: opened, closed, or granted by other objects.

    Exits 1 if anything would change.
    """
    from localmesh.changes import difference

    client = running()
    manifests = paths(client.status().settings["LOCALMESH_MANIFESTS"])
    sys.exit(difference(client, manifests, ["--output", output, *(["--explain"] if explain else [])]))


for command in (
    cli_traces.traces,
    cli_watch.stat,
    cli_watch.edges,
    cli_watch.tap,
    cli_watch.dashboard,
    cli_watch.metrics,
):
    main.add_command(command)


@main.command("test", no_args_is_help=True)
@click.argument("paths", metavar="CASE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True, help="How to print."
)
def play_cases(paths: tuple[Path, ...], output: str) -> None:
    """Play policy cases on real Envoys, and report where they end otherwise than the cases say.

    Each case gets echo servers behind sidecars of its own. A mesh that runs is not touched, and not needed.
    """
    import asyncio
    import signal

    from localmesh.cases.command import run

    # Whoever ends this, no Envoy may outlive it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(asyncio.run(run(paths, output)))
