"""Whether a pod gets Linkerd's sidecar: what its webhook is asked about, and what it answers (R7, R110, R111). Pure."""

from collections.abc import Iterator

from meshpolicy.core.labels import Labels
from meshpolicy.core.truth import Truth
from meshpolicy.kinds.annotations import CONTROL_PLANE, INJECT
from meshpolicy.kinds.container import PROXY, Container
from meshpolicy.kinds.namespace import Namespace
from meshpolicy.kinds.settings import NAMESPACE_NAME, MeshSettings
from meshpolicy.kinds.workload import Injection, Workload

ENABLING = frozenset({"enabled", "ingress"})
WORDS = ENABLING | {"", "disabled"}
SIDECARS = frozenset({PROXY, "istio-proxy"})
INITIALIZERS = frozenset({"linkerd-init", "istio-init"})
SIDECAR_IMAGES = ("cr.l5d.io/linkerd/proxy:", "gcr.io/istio-release/proxyv2:")
INITIALIZER_IMAGES = ("cr.l5d.io/linkerd/proxy-init:", "gcr.io/istio-release/proxy_init:")
ISTIO_INJECT = "sidecar.istio.io/inject"
ISTIO = (
    "asks for the sidecar of Istio, too: where Istio runs, its injector comes first, and Linkerd's leaves the pod alone"
)
MEANT = ": write enabled, ingress or disabled"


def injection(workload: Workload, labels: Labels, namespace: Namespace | None, settings: MeshSettings) -> Injection:
    """Say whether a pod with these labels has, or gets, a sidecar; `namespace` is None where the input lacks it.

    R7, R110, R111; pkg/inject/report.go, pkg/healthcheck/sidecar.go, charts/linkerd-control-plane/values.yaml.
    """
    if workload.ref.kind == "ExternalWorkload":
        return Injection(Truth.YES)
    there = _already(workload, labels)
    if there is not None:
        return there
    refusing = next(_refusing(workload, labels, namespace, settings), None)
    if refusing is not None:
        return Injection(Truth.NO, f"gets no sidecar: {refusing}")
    own = workload.annotations.get(INJECT, "")
    if own not in WORDS:
        text = f"gets no sidecar: its annotation {INJECT} is `{own}`, which Linkerd does not know{MEANT}"
        return Injection(Truth.NO, text)
    if own == "disabled":
        return Injection(Truth.NO, f"gets no sidecar: its annotation {INJECT} is disabled")
    if namespace is None:
        name = workload.ref.namespace
        asks = "asks for a sidecar, and" if own else "does not ask for a sidecar, and"
        why = f"{asks} the Namespace {name} is not in the input: its labels and annotations decide"
        return Injection(Truth.UNKNOWN, why)
    found = _asked(own, dict(namespace.annotations).get(INJECT, ""), namespace, settings)
    return Injection(Truth.UNKNOWN, ISTIO) if found.sidecar is Truth.YES and _asks_istio(workload, namespace) else found


def _asks_istio(workload: Workload, namespace: Namespace) -> bool:
    """Whether a pod asks for the sidecar of Istio, by its own label or annotation, or by labels of its namespace."""
    for own in (workload.labels, workload.annotations):
        if ISTIO_INJECT in own:
            return own[ISTIO_INJECT] == "true"
    labels = dict(namespace.labels)
    return labels.get("istio-injection") == "enabled" or ("istio-injection" not in labels and "istio.io/rev" in labels)


def asks(workload: Workload) -> bool:
    """Whether the pod's own annotation asks for a sidecar."""
    return workload.annotations.get(INJECT, "") in ENABLING


def _already(workload: Workload, labels: Labels) -> Injection | None:
    """Say of a pod that went through admission what became of it; None: it did not."""
    labelled = CONTROL_PLANE in labels
    proxy = next((one for one in workload.containers if one.name == PROXY), None)
    if labelled and (proxy is not None or workload.stored):  # nobody labels a pod that runs by hand
        return Injection(Truth.YES)
    if proxy is not None and "linkerd/proxy:" in proxy.image:
        text = f"has Linkerd's proxy and no label {CONTROL_PLANE}: the policy controller does not know it"
        return Injection(Truth.UNKNOWN, text)
    if workload.stored:
        return Injection(Truth.NO, "runs without a sidecar")
    return None


def _refusing(workload: Workload, labels: Labels, namespace: Namespace | None, settings: MeshSettings) -> Iterator[str]:
    """Yield why the pod gets no sidecar, whatever is asked for (R110)."""
    rules, space = settings.injector, workload.ref.namespace
    if rules.namespaces.matches(namespace_labels(space, namespace)) is Truth.NO:
        yield f"the injector's webhook leaves the namespace {space} out, by its labels"
    if rules.pods.matches(labels) is Truth.NO:
        yield "the injector's webhook leaves it out, by its labels"
    if workload.host_network:
        yield "it is on the host's network"
    yield from (f"the container {one.name} is a sidecar already" for one in workload.containers if _foreign(one))
    if not rules.token_projection and not workload.automount:
        yield "automountServiceAccountToken is false, and the mesh does not project tokens"


def _foreign(container: Container) -> bool:
    """Whether the injector takes a container for a sidecar (pkg/healthcheck/sidecar.go, HasExistingSidecars)."""
    if container.name in SIDECARS or container.image.startswith(SIDECAR_IMAGES):
        return True
    return container.init and (container.name in INITIALIZERS or container.image.startswith(INITIALIZER_IMAGES))


def _asked(own: str, inherited: str, namespace: Namespace, settings: MeshSettings) -> Injection:
    """Answer by the annotations: a word that Linkerd does not know keeps the sidecar away (report.go, truth table)."""
    place = f"the Namespace {namespace.ref.name}"
    if inherited not in WORDS:
        said = f"the annotation {INJECT} of {place} is `{inherited}`"
        text = f"gets no sidecar: {said}, which Linkerd does not know{MEANT}"
        return Injection(Truth.NO, text)
    if not ({own, inherited} & ENABLING):
        return Injection(Truth.NO, f"gets no sidecar: neither it nor {place} is annotated {INJECT}: enabled")
    if settings.injector.namespaces.matches(namespace_labels(namespace.ref.name, namespace)) is Truth.UNKNOWN:
        return Injection(Truth.UNKNOWN, f"asks for a sidecar, and the labels of {place} are not known")
    return Injection(Truth.YES)


def namespace_labels(name: str, namespace: Namespace | None) -> Labels:
    """Return the labels of a namespace; of one that is not in the input only that of its name is known."""
    if namespace is None:
        return Labels({NAMESPACE_NAME: name}, complete=False)
    return Labels(dict(namespace.labels))
