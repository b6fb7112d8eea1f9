"""Objects on the cluster that `up` did not create: it reports all of them before it changes anything."""

from kindmesh.errors import BadInput
from kindmesh.identity.keeper import keeper_of
from kindmesh.steps import gatewayapi, namespaces, releases
from kindmesh.steps.step import Site


def ownership(site: Site) -> int:
    """Refuse a cluster where `up` would take over objects of somebody else: `down` would then remove them."""
    problems = [*namespaces.refusals(site), *releases.refusals(site), *gatewayapi.refusals(site), *_keeper(site)]
    if problems:
        raise BadInput(
            "\n".join(["nothing was changed, because these objects were not created by `kindmesh`:", *problems])
        )
    return 0


def _keeper(site: Site) -> list[str]:
    try:
        keeper_of(site.kube, site.settings)
    except BadInput as error:
        return [f"{error}: {error.hint}"]
    return []
