"""The namespaces, created and labelled before anything else. An existing one of somebody else is not changed."""

from pathlib import Path

from kindmesh.errors import BadInput
from kindmesh.settings import Settings
from kindmesh.steps.step import Site
from kindmesh.tools.kube import MANAGED_BY, OWNER, Object, documents, render

CERT_MANAGER: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cert-manager"}}


def namespaces(site: Site) -> int:
    """Create the missing namespaces with our label, and apply all; return how many changed."""
    if problems := refusals(site):
        raise BadInput("\n".join(problems))
    wanted, there = _wanted(site), _there(site)
    # Created, not applied: the label then belongs to no manifest, and a later apply leaves it.
    missing = [_labelled(found) for found in wanted if found["metadata"]["name"] not in there]
    created = site.kube.create(missing) if missing else 0
    return created + site.kube.apply(wanted)


def refusals(site: Site) -> list[str]:
    """Return why existing namespaces are in the way: `up` would change them, and did not create them."""
    there = _there(site)
    names = [found["metadata"]["name"] for found in _wanted(site)]
    return [_refusal(site, name) for name in names if name in there and there[name].get(MANAGED_BY) != OWNER]


def _refusal(site: Site, name: str) -> str:
    mine = f"`kubectl --context {site.settings.context} label namespace {name} {MANAGED_BY}={OWNER}`"
    without = ", or leave it out with KINDMESH_WITHOUT=cert-manager" if name == "cert-manager" else ""
    return (
        f"the namespace {name} exists, but was not created by `kindmesh`, which would change its labels and policies:"
        f" use another cluster{without}; or, if it is for PingPong only (`down` will remove it), label it: {mine}"
    )


def _there(site: Site) -> dict[str, dict[str, str]]:
    found = site.kube.get("namespaces")["items"]
    return {one["metadata"]["name"]: one["metadata"].get("labels", {}) for one in found}


def _wanted(site: Site) -> list[Object]:
    root, settings = site.settings.root, site.settings
    names = ["namespace", "viz-namespace", *(["cni-namespace"] if settings.has("cni") else [])]
    texts = [(root / f"mesh/linkerd/{name}.yaml").read_text() for name in names]
    folders = (settings.overlay, *settings.parts, *_extra(settings))
    found = [one for text in [*texts, *map(render, folders)] for one in documents(text) if one["kind"] == "Namespace"]
    return [*found, *([CERT_MANAGER] if settings.has("cert-manager") else [])]


def _extra(settings: Settings) -> list[Path]:
    return [settings.root / "mesh/enforcer"] if settings.has("enforcer") else []


def _labelled(found: Object) -> Object:
    labels = found["metadata"].get("labels", {}) | {MANAGED_BY: OWNER}
    return found | {"metadata": found["metadata"] | {"labels": labels}}
