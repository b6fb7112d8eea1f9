"""The image of the service: built, brought into the nodes, and noted in the pods that run it."""

from tempfile import TemporaryDirectory

from kindmesh.command import attempt, run
from kindmesh.kube import Object
from kindmesh.settings import CLUSTER
from kindmesh.steps import Site

IMAGE = "pingpong:dev"


def bring_image(site: Site) -> int:
    """Build the image and bring it into the nodes."""
    if site.settings.image_loader:
        run(*site.settings.image_loader, timeout=600, folder=site.settings.root)
        return 0
    root = str(site.settings.root)
    before = image_id()
    run("docker", "build", "--quiet", "--file", f"{root}/src/pingpong/Dockerfile", "--tag", IMAGE, root, timeout=600)
    if image_id() == before and _node_has_image():
        return 0
    # `kind load docker-image` fails where Docker keeps images in containerd, so the image goes by an archive.
    with TemporaryDirectory() as folder:
        archive = f"{folder}/image.tar"
        run("docker", "save", "--output", archive, IMAGE, timeout=300)
        run("kind", "load", "image-archive", archive, "--name", CLUSTER, timeout=300)
    return 1


def image_id() -> str:
    """Return which image Docker has built; empty: none."""
    return attempt("docker", "image", "inspect", "--format", "{{.Id}}", IMAGE).out.strip()


def _node_has_image() -> bool:
    node = f"{CLUSTER}-control-plane"
    return IMAGE in attempt("docker", "exec", node, "ctr", "-n", "k8s.io", "images", "ls", "-q").out


def marked(objects: list[Object], built: str) -> list[Object]:
    """Note in the pods which image they run: a rebuilt `:dev` has the same name, and nothing else would start it."""
    for found in objects:
        if built and found["kind"] == "Deployment":
            template = found["spec"]["template"]["metadata"]
            template["annotations"] = template.get("annotations", {}) | {"kindmesh.pingpong/image": built}
    return objects
