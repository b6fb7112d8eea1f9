"""Network policies of other makers: read so far as to say whom they select, not what they let through. Pure.

Sources: cilium/cilium pkg/k8s/apis/cilium.io/v2, projectcalico/api pkg/apis/projectcalico/v3,
sigs.k8s.io/network-policy-api apis/v1alpha2, antrea-io/antrea pkg/apis/crd/v1beta1, aws/amazon-vpc-cni-k8s (security
groups of pods), aws/amazon-network-policy-controller-k8s.
"""

from meshpolicy.core.fields import Fields
from meshpolicy.core.ref import Ref
from meshpolicy.core.selector import Selector
from meshpolicy.core.truth import Truth
from meshpolicy.kinds.kind import Kind
from meshpolicy.kinds.reading import read_selector
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record


@record
class OtherNetworkPolicy:
    """A policy whose rules are not read; it may let through or refuse whatever it selects."""

    ref: Ref
    selectors: tuple[Selector, ...] = ()
    """The pods, of its own namespace where it has one; none: it cannot be told which."""
    text: str = ""
    """All that it says, by which two of them are told apart."""

    def selects(self, workload: Workload) -> Truth:
        """Say whether a pod is selected; on the host's network it is another policy's."""
        if workload.host_network or self.ref.namespace not in ("", workload.ref.namespace):
            return Truth.NO
        if not self.selectors:
            return Truth.UNKNOWN
        found = [selector.matches(workload.labels) for selector in self.selectors]
        return Truth.YES if Truth.YES in found else Truth.UNKNOWN if Truth.UNKNOWN in found else Truth.NO


def read_any(document: Fields, ref: Ref) -> OtherNetworkPolicy:
    """Read a policy that names its pods in a language of its own."""
    return OtherNetworkPolicy(ref, text=str(document.data))


def read_cilium(document: Fields, ref: Ref) -> OtherNetworkPolicy:
    """Read a CiliumNetworkPolicy; prefixes such as `k8s:` say where a label is from, and then it cannot be told."""
    specs = (document.child("spec"), *document.children("specs"))
    selectors: list[Selector] = []
    for spec in (spec for spec in specs if spec.has("endpointSelector")):
        selector = read_selector(spec.child("endpointSelector"))
        keys = (*(key for key, _ in selector.labels), *(expression.key for expression in selector.expressions))
        if any(":" in key or key.startswith(("io.kubernetes", "io.cilium")) for key in keys):
            return read_any(document, ref)
        selectors.append(selector)
    return OtherNetworkPolicy(ref, tuple(selectors), str(document.data))


CALICO = ("projectcalico.org", "crd.projectcalico.org")

KINDS = (
    Kind("cilium.io", "CiliumNetworkPolicy", read_cilium),
    Kind("cilium.io", "CiliumClusterwideNetworkPolicy", read_any, namespaced=False),
    *(Kind(group, "NetworkPolicy", read_any) for group in CALICO),
    *(Kind(group, "GlobalNetworkPolicy", read_any, namespaced=False) for group in CALICO),
    Kind("policy.networking.k8s.io", "ClusterNetworkPolicy", read_any, namespaced=False),
    Kind("crd.antrea.io", "NetworkPolicy", read_any),
    Kind("crd.antrea.io", "ClusterNetworkPolicy", read_any, namespaced=False),
    Kind("networking.k8s.aws", "ApplicationNetworkPolicy", read_any),
    Kind("networking.k8s.aws", "ClusterNetworkPolicy", read_any, namespaced=False),
    Kind("vpcresources.k8s.aws", "SecurityGroupPolicy", read_any),
)
WITHOUT_SAY = ("Staged", "Egress", "Multi", "FQDN")
"""How kinds begin that are not in force yet, or are about packets out of the cluster or on other networks."""


def kind_by_name(group: str, name: str) -> Kind | None:
    """Return a kind of network policy that is not listed here: who made it called it so."""
    if not group or not name.endswith("NetworkPolicy") or name.startswith(WITHOUT_SAY):
        return None
    return Kind(group, name, read_any, namespaced=not name.startswith(("Cluster", "Global")))
