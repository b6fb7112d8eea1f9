"""The cluster that objects make: workloads injected, policies sorted by namespace. Pure."""

from collections.abc import Iterable

from meshpolicy.core.ref import Ref
from meshpolicy.kinds.autoscaler import most_replicas, scaled
from meshpolicy.kinds.cluster import Cluster, sort_by_namespace
from meshpolicy.kinds.creation import announced, created
from meshpolicy.kinds.gateway import Gateway
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.meshtlsauthentication import MeshTLSAuthentication
from meshpolicy.kinds.namespace import Namespace
from meshpolicy.kinds.networkauthentication import NetworkAuthentication
from meshpolicy.kinds.networkpolicy import NetworkPolicy
from meshpolicy.kinds.othernetworkpolicies import OtherNetworkPolicy
from meshpolicy.kinds.service import Service
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.undecided import Undecided
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import replace


def _may_block(item: Undecided) -> OtherNetworkPolicy:
    """Return the network policy that may be among what is rendered elsewhere."""
    return OtherNetworkPolicy(
        replace(item.ref, namespace="" if item.everywhere else item.ref.namespace), text=item.text
    )


def assemble(objects: Iterable[Object], settings: MeshSettings, *, closed: bool = False) -> Cluster:
    """Return the cluster that objects make: workloads injected, policies sorted by namespace."""
    found = tuple(objects)
    outside = [item for item in found if isinstance(item, Undecided) and item.elsewhere]
    in_force = [item for item in found if not closed or item not in outside]
    found = (*in_force, *(() if closed else map(_may_block, outside)))
    namespaces = {item.ref.name: item for item in found if isinstance(item, Namespace)}
    if closed:  # a namespace that was left out has no labels and no annotations
        spaces = dict.fromkeys(item.ref.namespace for item in found if item.ref.namespace)
        namespaces = {name: Namespace(Ref("", "Namespace", "", name)) for name in spaces} | namespaces
    most = most_replicas(found)
    return Cluster(
        settings,
        namespaces,
        tuple(
            created(scaled(item, most), namespaces.get(item.ref.namespace), settings)
            for item in found
            if isinstance(item, Workload)
        ),
        tuple(
            announced(item, namespaces.get(item.ref.namespace), settings) for item in found if isinstance(item, Service)
        ),
        tuple(item for item in found if isinstance(item, Gateway)),
        sort_by_namespace(item for item in found if not isinstance(item, Namespace | Workload | Service | Gateway)),
        {(i.ref.namespace, i.ref.name): i for i in found if isinstance(i, MeshTLSAuthentication)},
        {(i.ref.namespace, i.ref.name): i for i in found if isinstance(i, NetworkAuthentication)},
        tuple(item for item in found if isinstance(item, NetworkPolicy)),
        found,
        closed,
    )


def rebuilt(cluster: Cluster, objects: Iterable[Object]) -> Cluster:
    """Return the cluster of other objects, with the settings of this one."""
    return assemble(objects, cluster.settings, closed=cluster.closed)
