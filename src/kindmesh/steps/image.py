"""The image of the service: built, brought into the nodes, and noted in the pods that run it."""

import re
from tempfile import TemporaryDirectory

from kindmesh.errors import BadInput
from kindmesh.settings import CLUSTER, IMAGE
from kindmesh.steps.step import Site
from kindmesh.tools.command import attempt, run
from kindmesh.tools.kube import Object

NOTE = "kindmesh.pingpong/image"
"""The annotation in which a pod notes which image it runs."""
ID = re.compile(r"sha256:[0-9a-f]{64}")


def provide_image(site: Site) -> int:
    """Build the image and bring it into the nodes, or have somebody else's command do so."""
    if site.settings.image_loader:
        said = run(*site.settings.image_loader, timeout=600, folder=site.settings.root)
        if found := ID.fullmatch((said.split() or [""])[-1]):
            site.notes[IMAGE] = found[0]
        return 0
    cluster, root = _kind_cluster(site), str(site.settings.root)
    # Provenance names the time of the build, so that with it no two builds were the same image.
    how = ("--quiet", "--provenance=false", "--file", f"{root}/src/pingpong/Dockerfile", "--tag", IMAGE)
    run("docker", "build", *how, root, timeout=600)
    # A node is asked by a name that no other image can have: there may be an older `:dev`.
    own = f"{IMAGE.partition(':')[0]}:{image_id().removeprefix('sha256:')[:12]}"
    nodes = run("kind", "get", "nodes", "--name", cluster).split()
    if nodes and all(_has(node, own) for node in nodes):
        return 0
    run("docker", "tag", IMAGE, own)
    # `kind load docker-image` fails where Docker keeps images in containerd, so the image goes by an archive.
    with TemporaryDirectory() as folder:
        archive = f"{folder}/image.tar"
        run("docker", "save", "--output", archive, IMAGE, own, timeout=300)
        run("kind", "load", "image-archive", archive, "--name", cluster, timeout=300)
    return 1


def _kind_cluster(site: Site) -> str:
    """Return the kind cluster behind the context: an image can be loaded into no other."""
    if not site.settings.existing:
        return CLUSTER
    name = site.settings.context.removeprefix("kind-")
    if site.settings.context.startswith("kind-") and name in attempt("kind", "get", "clusters").out.split():
        return name
    raise BadInput(
        f"KINDMESH_IMAGE_LOADER: {site.settings.context} is no kind cluster of this machine, so {IMAGE} cannot be"
        " loaded into it",
        "name a command that builds the image and brings it into your nodes or their registry",
    )


def _has(node: str, name: str) -> bool:
    images = attempt("docker", "exec", node, "ctr", "-n", "k8s.io", "images", "ls", "-q").out
    return f"docker.io/library/{name}" in images.split()


def image_id() -> str:
    """Return which image Docker has built; empty: none."""
    return attempt("docker", "image", "inspect", "--format", "{{.Id}}", IMAGE).out.strip()


def image_in_use(site: Site) -> str:
    """Return which image the nodes hold, as far as it is known.

    A loader tells by its last word; when it was not run now, or tells nothing, what the pods note stays.
    """
    if not site.settings.image_loader:
        return image_id()
    running = [found["spec"]["template"] for found in site.kube.items("-n", "pingpong", "deployments")]
    noted = [found["metadata"].get("annotations", {}).get(NOTE, "") for found in running]
    return site.notes.get(IMAGE, "") or next((note for note in noted if note), "")


def with_image_note(objects: list[Object], built: str) -> list[Object]:
    """Note in the pods which image they run: a rebuilt `:dev` has the same name, and nothing else would start it."""
    for found in objects:
        if built and found["kind"] == "Deployment":
            template = found["spec"]["template"]["metadata"]
            template["annotations"] = template.get("annotations", {}) | {NOTE: built}
    return objects
