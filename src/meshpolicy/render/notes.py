"""Notes about input that was not read: one line for each message, with the first files and the number of others."""

from collections.abc import Iterable, Iterator

from meshpolicy.core.errors import Problem, ProblemKind
from meshpolicy.core.truth import Truth
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.manifests import Manifests

SHOWN = 3
"""The number of files that a line names."""


def summed(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield one line for each message, with its places."""
    by_message: dict[str, list[str]] = {}
    for problem in problems:
        by_message.setdefault(problem.message, []).append(str(problem.place))
    for message, places in by_message.items():
        first, *others = dict.fromkeys(places)
        listed = ", ".join(others[: SHOWN - 1]) + (", …" if len(others) >= SHOWN else "")
        yield f"{first}: {message}" + (f" (and {len(others)} more: {listed})" if others else "")


def notes(reading: Manifests) -> Iterator[str]:
    """Yield what a reader must know in addition to the answer: what was not read, and which namespaces are assumed."""
    yield from summed(reading.left_out)
    yield from (str(one) for one in reading.wrong if one.kind is ProblemKind.TOLERATED and not reading.live)
    if not reading.deciding:
        yield from _missing_namespaces(reading.cluster)
    others = sorted(name for name in reading.cluster.namespaces if name != "default")
    if reading.unplaced and others:
        objects = f"{reading.unplaced[0]}" + (f" and {n} more" if (n := len(reading.unplaced) - 1) else "")
        hint = f"with --namespace {others[0]} they are read as of {others[0]}"
        yield f"{objects} name no namespace and were read as of `default`; {hint}"


def _missing_namespaces(cluster: Cluster) -> Iterator[str]:
    """Yield the namespaces that are not in the input, if their manifests decide which workloads get a sidecar."""
    unknown = (workload.ref.namespace for workload in cluster.workloads if workload.injection.sidecar is Truth.UNKNOWN)
    for name in dict.fromkeys(unknown):
        if name not in cluster.namespaces:
            text = f"the Namespace {name} is not in the input: its labels and annotations decide who gets a sidecar"
            yield f"{text}; add its manifest, and less is unknown"
