"""What tools install Linkerd's control plane by, objects and files, and the Helm values that they hold (R1-R4).

Sources: fluxcd/helm-controller api/v2, k3s-io/helm-controller pkg/apis/helm.cattle.io/v1, argoproj/argo-cd
pkg/apis/application/v1alpha1, helmfile/helmfile pkg/state, rancher/fleet pkg/apis/fleet.cattle.io/v1alpha1. In the
first three values that are written inline come last.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from meshpolicy.core.errors import Problem
from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cniplugin import CHART as PLUGIN
from meshpolicy.kinds.cniplugin import CniPlugin, read_plugin_values
from meshpolicy.kinds.helmvalues import CHART, read_values
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.undecided import Undecided
from meshpolicy.manifests.text import read
from meshpolicy.record import record, replace

CHARTS = (CHART, PLUGIN)
KINDS = ("HelmRelease", "HelmChart", "Application", "ApplicationSet")
POLICY = "default_inbound_policy"
SEVERAL = "installs the mesh with other values than another one does: say the default policy with --default-policy"
ELSEWHERE = "installs the mesh, and some of its values are not here: say the default policy with --default-policy"


@record
class Installer:
    """What one object installs the mesh with."""

    ref: Ref
    chart: str
    settings: MeshSettings
    whole: bool
    """Whether its default policy is known: it is written here, or no other values are said to be elsewhere."""


def installers_of(fields: Fields, unset: Sequence[str] = ()) -> tuple[Installer, ...]:
    """Return what an object installs the mesh with; nothing of an object that does not; `unset` are its variables."""
    kind, version = fields.data.get("kind"), str(fields.data.get("apiVersion"))
    if kind is None and installs(fields.data):
        found: Iterable[Installer] = (*_of_helmfile(fields), *_of_fleet(fields))
    elif kind in KINDS and isinstance(fields.data.get("spec"), dict):
        found = _of_object(fields, (kind, version.partition("/")[0]))
    else:
        return ()
    return tuple(replace(one, whole=POLICY in one.settings.explicit or (one.whole and not unset)) for one in found)


def _of_object(fields: Fields, kind: tuple[str, str]) -> Iterator[Installer]:
    spec = fields.child("spec")
    match kind:
        case "HelmRelease", "helm.toolkit.fluxcd.io":
            yield from _of_flux(fields, spec)
        case "HelmChart", "helm.cattle.io":
            yield from _of_k3s(fields, spec)
        case "Application", "argoproj.io":
            yield from _of_argo(fields, spec)
        case "ApplicationSet", "argoproj.io":
            yield from _of_argo(fields, spec.child("template").child("spec"))
        case _:
            pass  # another kind of the name


def installs(data: Mapping[str, Any]) -> bool:
    """Whether a document that is no object, a Helmfile or a bundle of Fleet, installs one of Linkerd's charts."""
    releases, helm = data.get("releases"), data.get("helm")
    charts = [one.get("chart") for one in releases if isinstance(one, dict)] if isinstance(releases, list) else []
    charts += [helm.get("chart")] if isinstance(helm, dict) else []
    return any(str(chart).rpartition("/")[2] in CHARTS for chart in charts)


def _of_helmfile(fields: Fields) -> Iterator[Installer]:
    for release in fields.children("releases") if isinstance(fields.data.get("releases"), list) else ():
        chart = release.text("chart").rpartition("/")[2]
        if chart in CHARTS:
            listed = release.data.get("values")
            values = listed if isinstance(listed, list) else []
            last = takewhile(lambda one: isinstance(one, dict), reversed(values))  # a file may undo what precedes it
            layers = [Fields(one, release.place, []) for one in last][::-1]
            others = any(release.data.get(key) for key in ("set", "setString", "secrets", "inherit"))
            whole = len(layers) == len(values) and not others
            yield _installer(fields, chart, release.text("namespace"), layers, whole=whole)


def _of_fleet(fields: Fields) -> Iterator[Installer]:
    helm = fields.child("helm") if isinstance(fields.data.get("helm"), dict) else None
    chart = helm.text("chart").rpartition("/")[2] if helm is not None else ""
    if helm is not None and chart in CHARTS:
        namespace = fields.text("namespace") or fields.text("defaultNamespace")
        whole = not any(helm.data.get(key) for key in ("valuesFiles", "valuesFrom"))
        yield _installer(fields, chart, namespace, (helm.child("values"),), whole=whole)


def _of_flux(fields: Fields, spec: Fields) -> Iterator[Installer]:
    chart = spec.child("chart").child("spec").text("chart") or spec.child("chartRef").text("name")
    if chart in CHARTS:
        whole = all(one.has("targetPath") for one in spec.children("valuesFrom"))
        yield _installer(fields, chart, spec.text("targetNamespace"), (spec.child("values"),), whole=whole)


def _of_k3s(fields: Fields, spec: Fields) -> Iterator[Installer]:
    chart = spec.text("chart").rpartition("/")[2]
    if chart in CHARTS:
        values = _texts(spec, "valuesContent")
        yield _installer(fields, chart, spec.text("targetNamespace"), values, whole=not spec.data.get("set"))


def _of_argo(fields: Fields, spec: Fields) -> Iterator[Installer]:
    for source in spec.children("sources") or (spec.child("source"),):
        chart = source.text("chart")
        if chart in CHARTS:
            helm = source.child("helm")
            values = (*_texts(helm, "values"), helm.child("valuesObject"))
            whole = not any(helm.data.get(key) for key in ("valueFiles", "parameters", "fileParameters"))
            yield _installer(fields, chart, spec.child("destination").text("namespace"), values, whole=whole)


def _texts(fields: Fields, key: str) -> tuple[Fields, ...]:
    """Return the values that a text holds; what is no YAML holds none, and the tool fails on it."""
    problems: list[Problem] = []
    place = fields.at(key)
    documents = read(place.file, fields.text(key).encode(), problems)
    return tuple(Fields(one.data, place, problems) for one in documents)


def _installer(fields: Fields, chart: str, namespace: str, layers: Sequence[Fields], *, whole: bool) -> Installer:
    metadata = fields.child("metadata")
    own, kind = metadata.text("namespace"), fields.text("kind")
    # What is wrong with the values is Helm's to say, and no mistake of a manifest.
    plain = [Fields(layer.data, layer.place, []) for layer in layers]
    group, _, _ = fields.text("apiVersion").partition("/")
    name = metadata.text("name") if kind else fields.place.file
    ref = Ref(group, kind or "file", own, name, fields.place)
    if chart == PLUGIN:
        both = Fields({key: value for layer in plain for key, value in layer.data.items()}, fields.place, [])
        return Installer(ref, chart, MeshSettings().told(plugin=read_plugin_values(both)), whole)
    settings = MeshSettings()
    for layer in plain:
        settings = read_values(layer, settings)
    home = namespace or own
    return Installer(ref, chart, replace(settings, control_plane_namespace=home) if home else settings, whole)


def with_installers(found: Sequence[Installer], settings: MeshSettings) -> tuple[MeshSettings, tuple[Undecided, ...]]:
    """Return the settings with what such objects say, explicit ones first, and what is not known by them.

    What `linkerd-config` or somebody says of the default policy makes up for values that are elsewhere; what
    `linkerd-cni-config` says of the CNI plugin counts before the values of its chart.
    """
    plugins = [one for one in found if one.chart == PLUGIN]
    if plugins and settings.plugin == CniPlugin() and all(one.settings == plugins[0].settings for one in plugins):
        settings = settings.over(plugins[0].settings)
    return _with_control_planes([one for one in found if one.chart == CHART], settings)


def _with_control_planes(
    found: Sequence[Installer], settings: MeshSettings
) -> tuple[MeshSettings, tuple[Undecided, ...]]:
    if not found:
        return settings, ()
    told = POLICY in settings.explicit
    if any(one.settings != found[0].settings for one in found):
        return settings, () if told else (_unknown(found[0].ref, SEVERAL),)
    unknown = () if told else tuple(_unknown(one.ref, ELSEWHERE) for one in found if not one.whole)
    return settings.over(found[0].settings), unknown


def _unknown(ref: Ref, told: str) -> Undecided:
    return Undecided(ref, told, everywhere=True, ungoverned=True)
