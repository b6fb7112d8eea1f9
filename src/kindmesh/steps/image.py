"""The image of the service: built, loaded into the nodes, and recorded in the pods that run it."""

import re
from tempfile import TemporaryDirectory

from kindmesh.errors import BadInput
from kindmesh.settings import CLUSTER, IMAGE
from kindmesh.steps.step import Site
from kindmesh.tools.command import attempt, run
from kindmesh.tools.kube import Object

NOTE = "kindmesh.pingpong/image"
"""The annotation of a pod with the image that it runs."""
BUILT = re.compile(r"pingpong:(?:dev|[0-9a-f]{12})")
"""The names of the images that `up` builds."""
ID = re.compile(r"sha256:[0-9a-f]{64}")


def provide_image(site: Site) -> int:
    """Build the image and load it into the nodes, or run KINDMESH_IMAGE_LOADER instead."""
    if site.settings.image_loader:
        said = run(*site.settings.image_loader, timeout=600, folder=site.settings.root)
        if found := ID.fullmatch((said.split() or [""])[-1]):
            site.notes[IMAGE] = found[0]
        return 0
    cluster, root = _kind_cluster(site), str(site.settings.root)
    # Provenance contains the time of the build: with it, no two builds would be the same image.
    how = ("--quiet", "--provenance=false", "--file", f"{root}/src/pingpong/Dockerfile", "--tag", IMAGE)
    run("docker", "build", *how, root, timeout=600)
    # The name holds the image's id, because a node may have an older `:dev`.
    own = f"{IMAGE.partition(':')[0]}:{image_id().removeprefix('sha256:')[:12]}"
    nodes = run("kind", "get", "nodes", "--name", cluster).split()
    if nodes and all(_has(node, own) for node in nodes):
        return 0
    run("docker", "tag", IMAGE, own)
    # `kind load docker-image` fails if Docker stores images in containerd, so an archive is loaded.
    with TemporaryDirectory() as folder:
        archive = f"{folder}/image.tar"
        run("docker", "save", "--output", archive, IMAGE, own, timeout=300)
        run("kind", "load", "image-archive", archive, "--name", cluster, timeout=300)
    return 1


def _kind_cluster(site: Site) -> str:
    """Return the kind cluster of the context; an image can be loaded into kind clusters only."""
    if not site.settings.existing:
        return CLUSTER
    name = site.settings.context.removeprefix("kind-")
    if site.settings.context.startswith("kind-") and name in attempt("kind", "get", "clusters").out.split():
        return name
    raise BadInput(
        f"KINDMESH_IMAGE_LOADER: {site.settings.context} is not a kind cluster of this machine, so {IMAGE} cannot be"
        " loaded into it",
        "name a command that builds the image and loads it into your nodes or their registry",
    )


def _has(node: str, name: str) -> bool:
    images = attempt("docker", "exec", node, "ctr", "-n", "k8s.io", "images", "ls", "-q").out
    return f"docker.io/library/{name}" in images.split()


def image_id() -> str:
    """Return the id of the image that Docker has built, or an empty text."""
    return attempt("docker", "image", "inspect", "--format", "{{.Id}}", IMAGE).out.strip()


def image_in_use(site: Site) -> str:
    """Return the id of the image on the nodes, if it is known.

    A loader prints it as its last word; if it was not run, or prints none, the id that the pods record is kept.
    """
    if not site.settings.image_loader:
        return image_id()
    running = [found["spec"]["template"] for found in site.kube.items("-n", "pingpong", "deployments")]
    noted = [found["metadata"].get("annotations", {}).get(NOTE, "") for found in running]
    return site.notes.get(IMAGE, "") or next((note for note in noted if note), "")


def with_image_note(objects: list[Object], built: str) -> list[Object]:
    """Record the image in the pods: a rebuilt `:dev` has the same name, so nothing else would restart them."""
    for found in objects:
        if built and found["kind"] == "Deployment":
            template = found["spec"]["template"]["metadata"]
            template["annotations"] = template.get("annotations", {}) | {NOTE: built}
    return objects
