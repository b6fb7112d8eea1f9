"""The verb `prove`: whether sentences about access hold for every request."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from meshpolicy.analysis.phrases import InvalidPhrase
from meshpolicy.analysis.proof import Outcome, Proof
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.questions import alike, known_accounts
from meshpolicy.analysis.sentence import FORMS, NoSentence, Sentence, read_sentence_about
from meshpolicy.analysis.words import named_in
from meshpolicy.cases.proofs import is_proofs, read_proofs
from meshpolicy.cli.echo import echo
from meshpolicy.cli.options import mesh_options, output, read_cluster, sources, width
from meshpolicy.cli.progress import progress
from meshpolicy.core.errors import InvalidInput, Place, Problem, UnknownWorkload
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.render.proofs import Told, proofs_as_json, proofs_as_text

SAID = "SERVER is NAMESPACE/WORKLOAD[:PORT]; REQUESTS are `GET /ping`, `any request`, `connect` or `call`"


@click.command("prove", short_help="Is it so, for every request?")
@click.argument("claim", metavar="SENTENCE|FILE")
@click.option(
    "--explain", is_flag=True, help="Also show why each sentence of FILE must hold, and the curl of a false one."
)
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
    """Prove a sentence about access for every client and every request, or show a call that contradicts it.

    SENTENCE is one of `only CLIENTS may REQUESTS on SERVER`, `nobody may REQUESTS on SERVER except CLIENTS`,
    `no unmeshed client may REQUESTS on SERVER`, `CLIENTS may REQUESTS on SERVER`, `CLIENT and CLIENT have the same
    access to SERVER`, `every call of NAMESPACE is encrypted`. FILE holds such sentences, with the manifests that they
    are about. Exits 1 if a sentence is false or not known to hold, 2 if it cannot be read.
    """
    if " " not in claim and not Path(claim).exists():
        raise InvalidInput((Problem(Place(claim), "cannot be read: No such file; a sentence has several words"),))
    if (sources or context) and is_proofs(claim):
        raise click.UsageError(f"{claim} says itself which manifests it is about: leave out SOURCES and --context")
    if is_proofs(claim):
        told = list(_of_file(claim))
    else:
        cluster = read_cluster(sources, context, settings, options)
        told = [Told(cluster, _proved(cluster, claim))]
    echo(proofs_as_json(told) if output == "json" else proofs_as_text(told, width(), explain=explain))
    sys.exit(0 if all(one.proof.outcome is Outcome.PROVED for one in told) else 1)


def _proved(cluster: Cluster, text: str) -> Proof:
    try:
        sentence = read_sentence_about(cluster, text)
    except NoSentence as error:
        told = (f"{error.wrong}; write one of", *(f"  {form}" for form in FORMS), SAID)
        raise InvalidPhrase("\n".join(told)) from error
    _note_unheld(cluster, sentence)
    return prove(cluster, sentence)


def _note_unheld(cluster: Cluster, sentence: Sentence) -> None:
    """Say on stderr which accounts of a sentence nothing here holds or names, where others have nearly their names.

    An account may be outside of the input: that is no error.
    """
    known = known_accounts(cluster)
    for name in named_in(sentence.clients, cluster.settings):
        if name not in known and (close := alike(name, known)):
            echo(f"note: no workload here runs as {name}; did you mean {' or '.join(close)}?", err=True)


def _of_file(path: str) -> Iterator[Told]:
    """Yield the proofs of a file, or raise all that is wrong with it."""
    found, problems = read_proofs(path)
    if problems:
        raise InvalidInput(problems)
    for proofs in found:
        cluster = read_cluster(proofs.manifests, "", proofs.settings, ReadOptions())
        for claimed in progress(proofs.claims, "sentences", len(proofs.claims)):
            try:
                _note_unheld(cluster, claimed.sentence)
                yield Told(cluster, prove(cluster, claimed.sentence), claimed.why)
            except UnknownWorkload as error:
                raise UnknownWorkload(f"{claimed.place}: {error}") from error
