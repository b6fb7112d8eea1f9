"""Gateway API's CustomResourceDefinitions. If somebody else installed the same version, they are left alone."""

import hashlib
from pathlib import Path

from kindmesh.errors import BadInput, StepFailed
from kindmesh.pins import Pin
from kindmesh.steps.step import Site
from kindmesh.tools.command import run
from kindmesh.tools.kube import Object, documents, is_owned

NAMES = tuple(f"{kind}.gateway.networking.k8s.io" for kind in ("gatewayclasses", "gateways", "httproutes"))
"""CustomResourceDefinitions that every version and channel contains."""
VERSION = "gateway.networking.k8s.io/bundle-version"


def gateway_api(site: Site) -> int:
    """Apply the definitions unless somebody else installed the same; a download must have the pinned digest."""
    if problems := refusals(site):
        raise BadInput("\n".join(problems))
    changes = 0
    if not _others(site):
        files = _files(site)
        text = "---\n".join(path.read_text() for path in files) if files else _download(site.pins["gateway-api"])
        changes = site.kube.apply_text(text)
    site.kube.run("wait", "--for=condition=Established", "crd/httproutes.gateway.networking.k8s.io", "--timeout=60s")
    return changes


def refusals(site: Site) -> list[str]:
    """Return why an installed Gateway API is in the way: it is of another version, and not from `kindmesh`."""
    others = _others(site)
    there = sorted({found["metadata"].get("annotations", {}).get(VERSION, "of no version") for found in others})
    wanted = _wanted(site)
    if there in ([], [wanted]):
        return []
    return [
        f"Gateway API {' and '.join(there)} is installed, but not by `kindmesh`, which needs {wanted}:"
        f" upgrade it to {wanted} yourself"
    ]


def _others(site: Site) -> list[Object]:
    found = site.kube.items("customresourcedefinitions", *NAMES, "--ignore-not-found", "--show-managed-fields")
    return [one for one in found if not is_owned(one)]


def _wanted(site: Site) -> str:
    for found in (one for path in _files(site)[:1] for one in documents(path.read_text())):
        return str(found["metadata"].get("annotations", {}).get(VERSION, ""))
    return site.pins["gateway-api"].version


def _files(site: Site) -> list[Path]:
    folder = site.settings.crds
    return sorted(Path(folder).glob("gateway.networking.k8s.io_*.yaml")) if folder else []


def _download(pin: Pin) -> str:
    text = run("curl", "--fail", "--silent", "--show-error", "--location", pin.url)
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    if digest != pin.digest:
        found = f"{pin.url}\nis {digest}\nand not {pin.digest}, which mesh/versions.toml pins"
        raise StepFailed(
            pin.name, "a file of the pinned digest", found, "a release never changes: check what the server delivers"
        )
    return text
