"""The rules of NetworkPolicies under Linkerd: Kubernetes' own, and what a mesh makes of them. Pure data."""

from meshpolicy.semantics.rule import Evidence, Rule

API = "Kubernetes networking.k8s.io/v1 NetworkPolicy"
ADMIN = "Network Policy API policy.networking.k8s.io/v1alpha1"
MEASURED = "measured"
EVERY = "every release"

NETWORK_RULES = (
    Rule(
        "N1",
        "Once a NetworkPolicy selects a pod, only what some rule allows passes, in that direction.",
        API,
        Evidence.API,
        EVERY,
    ),
    Rule("N2", "The pod's own node always gets in, and no other address by itself.", MEASURED),
    Rule(
        "N3",
        "A rule without peers means every peer, one without ports every port, and a direction without rules nothing.",
        API,
        Evidence.API,
        EVERY,
    ),
    Rule(
        "N4",
        "A NetworkPolicy acts on the pods of its own namespace that its podSelector matches; an empty one matches all.",
        API,
        Evidence.API,
        EVERY,
    ),
    Rule(
        "N5",
        "A podSelector alone means the policy's own namespace; both selectors of one entry must match.",
        API,
        Evidence.API,
        EVERY,
    ),
    Rule("N6", "Peer and port must match in the same rule.", API, Evidence.API, EVERY),
    Rule("N7", "Policies and rules add up; nothing takes away.", API, Evidence.API, EVERY),
    Rule("N8", "Without a proxy at both ends the port on the wire is the application's.", MEASURED),
    Rule("N9", "Between meshed pods every call travels on 4143, whatever its port.", MEASURED),
    Rule(
        "N10",
        "Ports are the pod's, after Services are translated; ranges hold both ends.",
        API,
        Evidence.API,
        EVERY,
    ),
    Rule("N11", "4190 and 4191 stay their own on the wire.", MEASURED),
    Rule(
        "N12",
        "A client that a NetworkPolicy blocks gets no answer at the TCP level, and a meshed HTTP client an error of "
        "its own proxy.",
        MEASURED,
    ),
    Rule("N13", "The NetworkPolicy decides before Linkerd does.", MEASURED),
    Rule(
        "N14",
        "Without policyTypes a NetworkPolicy isolates ingress, and egress if it has egress rules.",
        API,
        Evidence.API,
        EVERY,
    ),
    Rule(
        "N15",
        "The API server refuses empty peers, ranges without a first port, and exceptions from elsewhere.",
        API,
        Evidence.API,
        EVERY,
    ),
    Rule("N16", "A client's egress must allow DNS, the control plane, and 4143 to its servers.", MEASURED),
    Rule("N17", "A new pod needs DNS and 8080 to start, 8086 and 8090 to get answers.", MEASURED),
    Rule(
        "N18",
        "NetworkPolicies that allow exactly the calls, the probes, DNS and the control plane keep a mesh working.",
        MEASURED,
    ),
    Rule(
        "N20",
        "AdminNetworkPolicies are asked before NetworkPolicies, the smallest priority first; what they pass goes on.",
        ADMIN,
        Evidence.READ,
        EVERY,
    ),
    Rule(
        "N21",
        "The first rule of an AdminNetworkPolicy that matches decides; its peers are pods, never addresses of others.",
        ADMIN,
        Evidence.READ,
        EVERY,
    ),
    Rule(
        "N22",
        "The BaselineAdminNetworkPolicy is asked only for pods that no NetworkPolicy selects in that direction.",
        ADMIN,
        Evidence.READ,
        EVERY,
    ),
    Rule(
        "N23",
        "Rules of Cilium, Calico and ClusterNetworkPolicies are not read: of pods that they select nothing is certain.",
        "Network Policy API policy.networking.k8s.io/v1alpha2",
        Evidence.READ,
        EVERY,
    ),
)
