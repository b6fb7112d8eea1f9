"""The command line. Each verb is a module here, imported when it is called."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from meshpolicy import __version__
from meshpolicy.cli.echo import echo
from meshpolicy.core.errors import InvalidInput, MeshPolicyError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it: 1 would say that something was found."""


class Verb(NamedTuple):
    """Where a verb is, and what it answers, which the list of verbs shows without importing it."""

    module: str
    question: str


VERBS = {
    "list": Verb("access", "Who may call whom?"),
    "check": Verb("check", "May this one call this, and why?"),
    "lint": Verb("lint", "What is wrong in these manifests?"),
    "diff": Verb("diff", "What does this change open or close?"),
    "review": Verb("review", "What must a reviewer of this change know?"),
    "prove": Verb("prove", "Is it so, for every request?"),
    "ready": Verb("ready", "What breaks if I deny by default?"),
    "generate": Verb("generate", "Which policies allow what runs, and no more?"),
    "test": Verb("cases", "Do these policy cases still hold?"),
    "init": Verb("init", "How do I begin with a meshpolicy.yaml?"),
    "run": Verb("run", "Is all of it as meshpolicy.yaml says?"),
    "accept": Verb("accept", "Which access is granted now, as a file to compare with?"),
    "blast": Verb("blast", "What opens if this account is compromised?"),
    "mutate": Verb("mutate", "Which changes of the policies would no case notice?"),
    "completion": Verb("completion", "How does my shell complete this?"),
}
"""The verbs in the order in which a person meets them."""


class Verbs(click.Group):
    """A group whose verbs are imported only when they are asked for: a cold start stays short."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which a person meets them."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb, or None for a word that is none."""
        del ctx
        if cmd_name not in VERBS:
            return None
        command: Any = import_module(f"meshpolicy.cli.{VERBS[cmd_name].module}").command
        assert isinstance(command, click.Command)  # noqa: S101 # every module of VERBS holds one
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs with their questions, and import none."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.question) for name, verb in VERBS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Return the verbs and options that a word may become; no verb is imported for it."""
        from click.shell_completion import CompletionItem  # only shells ask

        verbs = [
            CompletionItem(name, help=verb.question) for name, verb in VERBS.items() if name.startswith(incomplete)
        ]
        return verbs + super(click.Group, self).shell_complete(ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb that is asked for; a word that is none is told with the verbs that are close to it."""
        word = args[0]
        if word not in VERBS and not word.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches  # few verbs are misspelt

            close = get_close_matches(word, VERBS, n=3)
            ctx.fail(f"No such command '{word}'" + (f"; did you mean {' or '.join(close)}?" if close else "."))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; bad input is told on stderr, each problem on its line, and exits 2."""
        try:
            return super().invoke(ctx)
        except InvalidInput as error:
            for problem in error.problems:
                echo(problem, err=True)
        except (MeshPolicyError, OSError) as error:
            echo(f"meshpolicy: {error}", err=True)
        except KeyboardInterrupt:
            echo("meshpolicy: interrupted", err=True)
            ctx.exit(INTERRUPTED)
        return ctx.exit(2)


@click.command(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="meshpolicy %(version)s")
def main() -> None:
    """Say who may call whom under Linkerd, and why: from manifests, or from a live cluster.

    SOURCES are files, folders (read recursively, hidden folders left out) or `-` for standard input.
    Exit codes: 0 for success, 1 for a finding, a refusal or a difference, 2 for bad input.
    """
