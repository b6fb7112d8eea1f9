"""What is somebody else's on a cluster: `up` looks before it changes anything, and tells of all of it at once."""

from kindmesh.errors import BadInput
from kindmesh.identity.keeper import keeper_of
from kindmesh.steps import gatewayapi, namespaces, releases
from kindmesh.steps.step import Site


def ownership(site: Site) -> int:
    """Refuse a cluster where `up` would take over what is not its own: `down` would then remove it."""
    problems = [*namespaces.refusals(site), *releases.refusals(site), *gatewayapi.refusals(site), *_keeper(site)]
    if problems:
        raise BadInput("\n".join(["nothing is changed, for some of it is somebody else's:", *problems]))
    return 0


def _keeper(site: Site) -> list[str]:
    try:
        keeper_of(site.kube, site.settings)
    except BadInput as error:
        return [f"{error}: {error.hint}"]
    return []
