"""The verb `prove`: whether sentences about access hold for every request."""

import sys
from collections.abc import Iterator

import click

from meshpolicy.analysis.proof import Outcome, Proof
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.sentence import read_sentence_about
from meshpolicy.cases.proofs import is_proofs, read_proofs
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, output, read_cluster, sources, width
from meshpolicy.cli.progress import progress
from meshpolicy.core.errors import InvalidInput, UnknownWorkload
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.render.proofs import Told, proofs_as_json, proofs_as_text


@click.command("prove", short_help="Is it so, for every request?")
@click.argument("claim", metavar="SENTENCE|FILE")
@click.option("--explain", is_flag=True, help="Say why each sentence must hold, and how to see the contrary.")
@output("text", "json")
@sources
@mesh_options
def command(
    claim: str,
    sources: tuple[str, ...],
    context: str,
    options: ReadOptions,
    settings: MeshSettings,
    output: str,
    *,
    explain: bool,
) -> None:
    """Prove a sentence about access: for every client and every request, or with one that shows the contrary.

    SENTENCE is one of `only CLIENTS may REQUESTS on SERVER`, `nobody may REQUESTS on SERVER except CLIENTS`,
    `no unmeshed client may REQUESTS on SERVER`, `CLIENTS may REQUESTS on SERVER`, `CLIENT and CLIENT have the same
    access to SERVER`, `every call of NAMESPACE is encrypted`. FILE holds such sentences, with the manifests that they
    are about. Exits 1 if a sentence is false or not known to hold, 2 if it cannot be read.
    """
    if not sources and not context and is_proofs(claim):
        told = list(_of_file(claim))
    else:
        cluster = read_cluster(sources, context, settings, options)
        told = [Told(cluster, _proved(cluster, claim))]
    echo(proofs_as_json(told) if output == "json" else proofs_as_text(told, width(), explain=explain))
    sys.exit(0 if all(one.proof.outcome is Outcome.PROVED for one in told) else 1)


def _proved(cluster: Cluster, text: str) -> Proof:
    return prove(cluster, read_sentence_about(cluster, text))


def _of_file(path: str) -> Iterator[Told]:
    """Yield the proofs of a file, or raise all that is wrong with it."""
    found, problems = read_proofs(path)
    if problems:
        raise InvalidInput(problems)
    for proofs in found:
        cluster = read_cluster(proofs.manifests, "", proofs.settings, ReadOptions())
        for claimed in progress(proofs.claims, "sentences", len(proofs.claims)):
            try:
                yield Told(cluster, prove(cluster, claimed.sentence), claimed.why)
            except UnknownWorkload as error:
                raise UnknownWorkload(f"{claimed.place}: {error}") from error
