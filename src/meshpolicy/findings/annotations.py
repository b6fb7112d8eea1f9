"""Findings about Linkerd's annotations and labels: unknown names, and places where they have no effect. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from meshpolicy.core.ref import Ref
from meshpolicy.findings.check import Found, code
from meshpolicy.kinds.annotations import CONFIG, INHERITED, INJECT, LABELS, OF_PODS, OF_SERVICES, WEBHOOKS
from meshpolicy.kinds.cluster import Cluster

CLOSE = 0.85
"""The similarity from which on a name may be a misspelling of another."""
OF_NAMESPACES = INHERITED | {INJECT}
OTHERS = frozenset(
    (
        *(
            "viz.linkerd.io/disable-tap",
            "viz.linkerd.io/tap-enabled",
            "linkerd.io/created-by",
            "linkerd.io/proxy-version",
        ),
        *("linkerd.io/trust-root-sha256", "linkerd.io/extension", "linkerd.io/helm-release-version"),
    )
)
"""Names that other components of Linkerd read or write."""
KNOWN = OF_PODS | OF_SERVICES | LABELS | OTHERS


@code(
    "MP062",
    "An annotation or label of Linkerd's that nobody reads",
    "R8 R111",
    explanation="A name that is misspelt is no error to Kubernetes, and Linkerd passes it over. The injector reads "
    "annotations of pods and of Namespaces, the webhooks labels of Namespaces; elsewhere they do nothing.",
    fix="Correct the name, or write it where it is read: into the pod template, or onto the Namespace.",
)
def unread_name(cluster: Cluster) -> Found:
    """Find names of linkerd.io that are unknown or in the wrong place."""
    for namespace in cluster.namespaces.values():
        yield from _of(
            namespace.ref, dict(namespace.annotations), dict(namespace.labels), OF_NAMESPACES, frozenset({WEBHOOKS})
        )
    for workload in cluster.workloads:
        yield from _of(workload.ref, workload.annotations, workload.labels, OF_PODS, LABELS)
        own = workload.metadata.get("annotations", {})
        for name in own:
            if name in OF_PODS and name != INJECT:
                yield workload.ref, f"{name} stands on the {workload.ref.kind} itself: the injector reads its pods'"
    for service in cluster.services:
        yield from _of(service.ref, service.annotations, {}, OF_SERVICES, LABELS)


def _of(
    ref: Ref,
    annotated: Mapping[str, str],
    labelled: Mapping[str, str],
    read: frozenset[str],
    labels: frozenset[str] | set[str],
) -> Iterator[tuple[Ref, str]]:
    """Yield the wrong names of one object, except a misplaced `linkerd.io/inject`, which has its own code."""
    for name in annotated:
        if name == WEBHOOKS:
            yield ref, f"{name} is an annotation, where a label of the Namespace is read"
        elif name in OF_PODS and name not in read and name != INJECT:
            yield ref, f"{name} does nothing on a {ref.kind}"
        elif name not in KNOWN and (hint := _misspelt(name)) is not None:
            yield ref, f"nobody reads the annotation {name}{hint}"
    for name in labelled:
        if name in OF_PODS and name != INJECT:
            yield ref, f"{name} is a label, where an annotation is read"
        elif name not in KNOWN | labels and (hint := _misspelt(name)) is not None:
            yield ref, f"nobody reads the label {name}{hint}"


def _misspelt(name: str) -> str | None:
    """Return the name that an unknown name probably means; None if it may belong to somebody else."""
    if "linkerd" not in name.partition("/")[0]:
        return None
    close = get_close_matches(name, KNOWN, n=1, cutoff=CLOSE) or _same_word(name)
    if close:
        return f"; did you mean {close[0]}?"
    return "" if name.startswith(CONFIG) else None


def _same_word(name: str) -> list[str]:
    """Return the names that differ only in the part before the slash."""
    word = name.rpartition("/")[2]
    return sorted(known for known in KNOWN if known.rpartition("/")[2] == word)
