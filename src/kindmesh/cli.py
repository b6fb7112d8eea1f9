"""The command line: `kindmesh up`, `verify` and the rest. Data goes to standard output, all else beside it."""

import os
import shutil
import sys
import time
from typing import Any, ClassVar

import click

from kindmesh.errors import BadInput, CommandFailed, KindMeshError
from kindmesh.pins import read_pins
from kindmesh.probes.clients import DEPLOYMENTS, PROGRAMS
from kindmesh.settings import Settings, project_root, read
from kindmesh.steps.step import Site
from kindmesh.tools.command import attempt
from kindmesh.tools.kube import Kube, require
from kindmesh.tools.nodes import kind_has_cluster, why_no_answer

FINDING = 1
BAD_INPUT = 2
INSTALL_LINKERD = "https://linkerd.io/2/getting-started/ says how; the version is in mesh/versions.toml"
NO_CLUSTER = "there is no cluster: create one with `just up kind`, or name your own in KINDMESH_CONTEXT"

output_option = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print."
)


class Commands(click.Group):
    """The group of all commands; turns every error of this package into one message and an exit code."""

    order: ClassVar = [
        *("doctor", "up", "down", "status", "verify", "ask", "logs", "rotate", "restart", "chaos"),
        *("stat", "edges", "tap", "dashboard", "traces", "metrics"),
    ]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order in which a person meets them."""
        return sorted(super().list_commands(ctx), key=lambda name: self.order.index(name))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KindMeshError as error:
            asked = isinstance(error, CommandFailed) and error.command[0] == "kubectl"
            ctx.exit(complain(error, why_silent() if asked and not answers() else ""))


def complain(error: KindMeshError, otherwise: str = "") -> int:
    """Print the error, the output of the tool, and a hint (`otherwise` if the error has none); return the exit code."""
    click.echo(f"error: {error}", err=True)
    if output := getattr(error, "output", ""):
        click.echo("\n".join(f"  | {line}" for line in output.splitlines()), err=True)
    if hint := error.hint or otherwise:
        click.echo(f"hint: {hint}", err=True)
    return BAD_INPUT if isinstance(error, BadInput) else FINDING


def answers() -> bool:
    """Whether the cluster answers at all."""
    context = read(os.environ, project_root()).context
    return Kube(context).attempt("get", "--raw=/readyz", timeout=10).code == 0


def why_silent() -> str:
    """Return why no cluster answers, and what to do."""
    settings = read(os.environ, project_root())
    if settings.existing:
        return f"the cluster of the context {settings.context} does not answer: does it run, and can you reach it?"
    return why_no_answer() or NO_CLUSTER


def say(line: str) -> None:
    """Print progress on standard error."""
    click.echo(line, err=True)


def here() -> Site:
    """Return the cluster, the settings and the pins."""
    root = project_root()
    settings = read(os.environ, root)
    return Site(settings, Kube(settings.context), dict(read_pins(root)), say)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run the project's manifests on Kubernetes: Linkerd under default deny, and the proof that it holds."""


@main.command()
def doctor() -> None:
    """Check this machine before anything is created, and say how to fix each problem."""
    from kindmesh import doctor as checks

    sys.exit(checks.main())


@main.command()
@click.option("--only", "only", multiple=True, metavar="STEP", help="Run this step only; may be repeated.")
def up(only: tuple[str, ...]) -> None:
    """Bring everything up, step by step; a part that is up to date is not changed."""
    from kindmesh.steps.step import run_steps
    from kindmesh.steps.up import steps_of

    site = here()
    steps = steps_of(site.settings, only)
    check_first(site.settings, creates=steps[0].name == "cluster")
    start = time.monotonic()
    done = run_steps(steps, site)
    changes = sum(step.changes for step in done)
    show_entrance(site)
    say(f"Up after {time.monotonic() - start:.0f} s, {changes or 'nothing'} changed. Verify it with `just verify`.")


def show_entrance(site: Site) -> None:
    """Print the addresses of the ingress and how to get its CA, beside the data; nothing where it is not complete."""
    from kindmesh.probes.entrance import describe_entrance

    for line in describe_entrance(site.kube, site.settings):
        say(line)


def check_first(settings: Settings, *, creates: bool) -> None:
    """Warn, and stop before anything is created where a check of the machine fails."""
    from kindmesh import doctor as checks

    if not settings.existing and attempt("docker", "version").code == 0 and kind_has_cluster():
        # The machine has carried this cluster before, whose ports are taken by the cluster itself.
        enforced = checks.check_nfqueue(enforcer=settings.has("enforcer"))
        if enforced.state is not checks.State.GOOD:
            say(str(enforced))
        return
    if not settings.existing and not creates:
        raise BadInput("--only: there is no cluster yet", "create it with `just up kind`")
    findings = [finding for finding in checks.examine() if finding.state is not checks.State.GOOD]
    for finding in findings:
        say(str(finding))
    if any(finding.state is checks.State.BAD for finding in findings):
        raise BadInput("this machine cannot run the cluster yet: fix the errors above")


@main.command()
def down() -> None:
    """Remove the kind cluster, or, on a cluster of your own, all that `up` installed."""
    from kindmesh.steps.down import remove_all

    failed = remove_all(here())
    for line in failed:
        say(f"error: not removed: {line}")
    sys.exit(FINDING if failed else 0)


@main.command()
@output_option
def status(output: str) -> None:
    """Show the pods: sidecar, readiness, restarts."""
    from kindmesh.operations.status import read_status, show_status

    site = here()
    show_status(read_status(site.kube), output)
    show_entrance(site)


@main.command()
@click.option("--output", type=click.Choice(["table", "json", "junit"]), default="table", show_default=True)
@click.option("--only", "only", multiple=True, metavar="GROUP", help="Verify this group only; may be repeated.")
def verify(output: str, only: tuple[str, ...]) -> None:
    """Verify on the running cluster that allowed calls work, and that all others are refused for the expected cause."""
    from kindmesh.operations.status import show_table
    from kindmesh.verify.groups import GROUPS
    from kindmesh.verify.groups import verify as prove
    from meshverify import report
    from meshverify.finding import failed

    if unknown := [group for group in only if group not in GROUPS]:
        raise BadInput(f"--only {unknown[0]}: groups are {', '.join(GROUPS)}")
    if not answers():
        raise BadInput("no cluster answers, so nothing can be verified", why_silent())
    site, start = here(), time.monotonic()
    findings = prove(site.kube, site.settings, only or GROUPS)
    seconds = time.monotonic() - start
    match output:
        case "json":
            click.echo(report.as_json(findings))
        case "junit":
            click.echo(report.as_junit(findings, seconds))
        case _:
            show_table(report.table(findings))
    for hint in report.hints(findings):
        say(f"hint: {hint}")
    say(report.summary(findings, seconds))
    sys.exit(FINDING if failed(findings) else 0)


@main.command(no_args_is_help=True)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--method", default="GET", show_default=True, help="The request's method.")
@output_option
def ask(source: str, target: str, method: str, output: str) -> None:
    """Send one real request from FROM, and say which layer answered it.

    FROM is pinger, newcomer (a new pod like it), ponger, ingress, disguised, stranger, unmeshed or node. TO is
    NAME[:PORT][/PATH], such as `ponger:metrics/metrics`.
    """
    from kindmesh.probes.exchange import send_one
    from meshverify.cause import Cause

    asked = send_one(here().kube, source, target, method.upper())
    click.echo(asked.to_json() if output == "json" else str(asked))
    sys.exit(0 if asked.cause is Cause.ALLOWED else FINDING)


@main.command(no_args_is_help=True)
@click.argument("name")
@click.option("--follow", "-f", is_flag=True, help="Keep printing new lines.")
@click.option("--sidecar", is_flag=True, help="Print the sidecar's log: refusals, with the caller's identity.")
def logs(name: str, follow: bool, sidecar: bool) -> None:
    """Print the logs of pinger or ponger."""
    kube = here().kube
    known = [found["metadata"]["name"] for found in kube.get("-n", "pingpong", "deployments")["items"]]
    if name in PROGRAMS:
        require(kube, f"pingpong/{name}")
    elif name not in known:
        raise BadInput(f"{name}: there is no such Deployment in pingpong; there are {', '.join(known) or 'none'}")
    container = "linkerd-proxy" if sidecar else name
    chosen = ("-l", f"app.kubernetes.io/name={name}", "-c", container, "--prefix", "--tail=200")
    command = ("kubectl", "--context", kube.context, "-n", "pingpong", "logs", *chosen)
    os.execvp(command[0], [*command, *(["--follow"] if follow else [])])  # noqa: S606 an argument list, no shell


@main.command()
@click.argument("what", type=click.Choice(["issuer", "anchor"]), default="issuer")
def rotate(what: str) -> None:
    """Renew the issuer or the trust anchor while traffic flows, and say whether a request was lost.

    The phases are in docs/guides/rotate-the-anchor.md. If a rotation of the anchor was interrupted, start it again:
    it continues.
    """
    from kindmesh.operations.rotate import phases_of_anchor, phases_of_issuer
    from kindmesh.probes.load import under_load

    site, lost = here(), 0
    require(site.kube, "linkerd/linkerd-identity", *DEPLOYMENTS)
    for phase in (phases_of_issuer if what == "issuer" else phases_of_anchor)(site):
        start = time.monotonic()
        # A new client for each phase: one that ran through all of them would still trust only the old anchor.
        with under_load(site.kube, "ponger") as loading:
            phase.change()
        say(f"✓ {phase.description} ({time.monotonic() - start:.0f} s): {loading.finished}")
        lost += loading.finished.lost
    sys.exit(FINDING if lost else 0)


@main.command(no_args_is_help=True)
@click.argument("name")
def restart(name: str) -> None:
    """Restart the pods of pinger or ponger one by one under 50 requests a second, and say whether one was lost."""
    from kindmesh.probes.load import TARGETS, under_load
    from kindmesh.steps.step import wait_for_rollout

    site = here()
    if name in TARGETS:
        require(site.kube, *DEPLOYMENTS)
    with under_load(site.kube, name) as loading:
        site.kube.run("-n", "pingpong", "rollout", "restart", f"deployment/{name}")
        wait_for_rollout(site, "restart", "pingpong", name)
    say(str(loading.finished))
    sys.exit(FINDING if loading.finished.lost else 0)


@main.command(no_args_is_help=True)
@click.argument("name")
def chaos(name: str) -> None:
    """Break one thing, show what happens, and repair it: pod, node, policy, injector or dns."""
    from kindmesh.operations.chaos import find_chaos

    fault, site = find_chaos(name), here()
    require(site.kube, *DEPLOYMENTS)
    fault.run(site)


def tunnel(namespace: str, target: str, port: int, local: int, path: str = "") -> None:
    """Keep a tunnel open until Ctrl-C, or until it ends by itself."""
    from kindmesh.tools.forward import forward

    kube = here().kube
    require(kube, f"{namespace}/{target}")
    with forward(kube, namespace, f"deployment/{target}", port, local) as opened:
        say(f"{opened.address}{path}, until Ctrl-C")
        try:
            opened.wait()
        except KeyboardInterrupt:
            say("Closed.")


def viz(*words: str) -> None:
    """Become `linkerd viz` with some words, in the project's namespace."""
    context = here().kube.context
    if shutil.which("linkerd") is None:
        raise BadInput("linkerd is not installed: it shows the traffic of a cluster", INSTALL_LINKERD)
    command = ("linkerd", "--context", context, "viz", *words, "-n", "pingpong")
    os.execvp(command[0], command)  # noqa: S606 an argument list, no shell


@main.command()
@click.option("--time-window", "-t", "window", default="60", show_default=True, help="Seconds to look back.")
@output_option
def stat(window: str, output: str) -> None:
    """Show requests per second, success and latency (`linkerd viz stat`)."""
    seconds = f"{window}s" if window.isdigit() else window
    viz("stat", "deploy", "-t", seconds, *(["-o", "json"] if output == "json" else []))


@main.command()
@output_option
def edges(output: str) -> None:
    """Show who has called whom, with their identities (`linkerd viz edges`)."""
    viz("edges", "deploy", "-o", "json" if output == "json" else "wide")


@main.command(no_args_is_help=True)
@click.argument("name")
@output_option
def tap(name: str, output: str) -> None:
    """Print the requests of pinger or ponger from now on (`linkerd viz tap`)."""
    viz("tap", f"deploy/{name}", *(["-o", "json"] if output == "json" else []))


@main.command()
def dashboard() -> None:
    """Show Linkerd's dashboard."""
    tunnel("linkerd-viz", "web", 8084, 8084)


@main.command()
def traces() -> None:
    """Show Jaeger."""
    tunnel("tracing", "jaeger", 16686, 16686, "/jaeger")


@main.command()
def metrics() -> None:
    """Show Prometheus: rules, alerts, queries."""
    tunnel("linkerd-viz", "prometheus", 9090, 9091)
