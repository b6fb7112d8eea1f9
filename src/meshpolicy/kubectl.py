"""`kubectl meshpolicy VERB …`: the command line on the cluster of kubectl's current context."""

import signal
import sys
from collections.abc import Sequence

import click

from meshpolicy.cli import VERBS
from meshpolicy.cli import main as command
from meshpolicy.core.errors import MeshPolicyError
from meshpolicy.manifests.live import current_context

__all__ = ["main"]


def main() -> None:
    """Run the command line. kubectl finds this program by its name, `kubectl-meshpolicy`, on the PATH."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        words = with_context(sys.argv[1:])
    except MeshPolicyError as error:
        click.echo(f"kubectl meshpolicy: {error}", err=True)
        sys.exit(2)
    command(words, prog_name="kubectl meshpolicy")


def with_context(words: Sequence[str]) -> list[str]:
    """Return the arguments with kubectl's current context added, if the verb reads a cluster and none is named."""
    verb, *rest = words or [""]
    named = any(word == "--context" or word.startswith("--context=") for word in rest)
    helped = any(word in ("-h", "--help") for word in rest)
    if named or helped or not _reads_a_cluster(verb):
        return list(words)
    return [verb, "--context", current_context(), *rest]


def _reads_a_cluster(verb: str) -> bool:
    found = command.get_command(click.Context(command), verb) if verb in VERBS else None
    return found is not None and any("--context" in one.opts for one in found.params)
