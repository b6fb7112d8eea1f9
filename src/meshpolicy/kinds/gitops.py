"""Objects from which a GitOps tool renders others: what these are, the manifests do not say. Pure.

Sources: fluxcd/helm-controller api/v2, fluxcd/kustomize-controller api/v1, argoproj/argo-cd pkg/apis/application,
k3s-io/helm-controller pkg/apis/helm.cattle.io/v1, controlplaneio-fluxcd/flux-operator api/v1, rancher/fleet
pkg/apis/fleet.cattle.io/v1alpha1, carvel-dev/kapp-controller pkg/apis, kubevela/kubevela apis/core.oam.dev,
crossplane-contrib/provider-kubernetes apis/object, open-cluster-management-io/api work/v1.
"""

from collections.abc import Callable

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.undecided import Undecided

TOLD = "renders objects that are not in the input, and may hold policies"


def _into(*path: str, own: bool) -> Callable[[Fields, Ref], Undecided]:
    """Return a reader of objects that name a namespace at a path; `own`: else it is theirs, and not any."""

    def read(document: Fields, ref: Ref) -> Undecided:
        fields = document
        for key in path[:-1]:
            fields = fields.child(key)
        named = fields.text(path[-1])
        known = bool(named) and not any(letter in named for letter in "{}*$")
        namespace = named if known else ref.namespace
        place = Ref(ref.group, ref.kind, namespace, ref.name, ref.place)
        anywhere = not known and (bool(named) or not own)
        return Undecided(place, TOLD, str(document.data), everywhere=anywhere, elsewhere=True)

    return read


FLUX = ("kustomize.toolkit.fluxcd.io", "Kustomization")
APPLICATION = ("argoproj.io", "Application")
OTHERS = (
    ("fluxcd.controlplane.io", "ResourceSet"),
    ("fleet.cattle.io", "GitRepo"),
    ("fleet.cattle.io", "Bundle"),
    ("fleet.cattle.io", "HelmOp"),
    ("kappctrl.k14s.io", "App"),
    ("packaging.carvel.dev", "PackageInstall"),
    ("core.oam.dev", "Application"),
    ("kubernetes.crossplane.io", "Object"),
    ("work.open-cluster-management.io", "ManifestWork"),
)
"""Kinds that may render objects of any namespace: what they put where, each says in a language of its own."""


def _anywhere(document: Fields, ref: Ref) -> Undecided:
    """Read an object that may render others into any namespace."""
    return Undecided(ref, TOLD, str(document.data), everywhere=True, elsewhere=True)


KINDS = (
    Kind(
        "helm.toolkit.fluxcd.io",
        "HelmRelease",
        _into("spec", "targetNamespace", own=True),
        template=True,
        makes_others=True,
    ),
    Kind("helm.cattle.io", "HelmChart", _into("spec", "targetNamespace", own=True), template=True, makes_others=True),
    Kind(*FLUX, _into("spec", "targetNamespace", own=False), template=True, makes_others=True),
    Kind(*APPLICATION, _into("spec", "destination", "namespace", own=False), template=True, makes_others=True),
    Kind(
        "argoproj.io",
        "ApplicationSet",
        _into("spec", "template", "spec", "destination", "namespace", own=False),
        template=True,
        makes_others=True,
    ),
    *(Kind(group, name, _anywhere, template=True, makes_others=True) for group, name in OTHERS),
)
