"""The verb `completion`: the script that completes commands in a shell."""

import click
from click.shell_completion import get_completion_class


@click.command("completion", short_help="How does my shell complete this?")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell: `eval "$(meshpolicy completion bash)"`."""
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 # click has a class for each of the choices
    root = ctx.find_root().command
    click.echo(found(root, {}, "meshpolicy", "_MESHPOLICY_COMPLETE").source())
