"""Linkerd's rules for who gets a sidecar, what bypasses it, and what clients' proxies are told. Pure data."""

from meshpolicy.semantics.rule import Evidence, Rule

READ = Evidence.READ
CHARTS = "linkerd2 charts/"
DESTINATION = "linkerd2 controller/api/destination/"
OUTBOUND = "linkerd2 policy-controller/k8s/index/src/outbound/index.rs"
PROXY_OUTBOUND = "linkerd2-proxy linkerd/app/outbound/src/"

SIDECAR_RULES = (
    Rule(
        "R110",
        "The injector leaves out namespaces and pods by label, pods on the host's network, and pods that have a "
        "sidecar of some mesh.",
        f"{CHARTS}linkerd-control-plane/values.yaml proxyInjector",
    ),
    Rule(
        "R111",
        "The annotation linkerd.io/inject of the pod, or else of its namespace, asks for a sidecar; a word that "
        "Linkerd does not know, in either, keeps it away.",
        "linkerd2 pkg/inject/report.go disabledByAnnotation",
    ),
    Rule(
        "R112",
        "Clients skip a wrong entry of opaque-ports and read names, where the server's proxy takes the list for empty.",
        "linkerd2 pkg/util/parsing.go",
    ),
    Rule(
        "R113",
        "A wrong entry of skip-inbound-ports is skipped; blanks make an entry wrong, and 0 is a port.",
        "linkerd2-proxy-init pkg/iptables/iptables.go makeMultiportDestinations",
    ),
    Rule(
        "R114",
        "Packets from skip-subnets meet no proxy, on any port.",
        "linkerd2-proxy-init pkg/iptables/iptables.go addRulesForIgnoredSubnets",
    ),
    Rule(
        "R115",
        "IPv6 packets meet no proxy unless the mesh was installed with disableIPv6: false.",
        f"{CHARTS}partials/templates/_proxy-init.tpl",
    ),
    Rule(
        "R116",
        "proxy-additional-env replaces the proxy's own settings.",
        "linkerd2 pkg/inject/inject.go MergeAdditionalEnv",
    ),
    Rule(
        "R117",
        "Controllers and the injector label the pods that they make.",
        "linkerd2 pkg/inject/inject.go populateMeta",
    ),
    Rule(
        "R118",
        "A Service's appProtocol says what its clients' proxies expect: http, kubernetes.io/h2c; every other word "
        "means opaque.",
        "linkerd2 policy-controller/core/src/outbound.rs AppProtocol",
    ),
    Rule(
        "R119",
        "A GRPCRoute on a Service makes its clients' proxies expect HTTP/2.",
        f"{PROXY_OUTBOUND}sidecar.rs",
        READ,
    ),
    Rule(
        "R120",
        "A GRPCRoute with a match without a method, on a Service, makes its clients' proxies fail every call of it.",
        "linkerd2-proxy linkerd/proxy/client-policy/src/lib.rs invalid",
    ),
    Rule(
        "R121",
        "A ServiceProfile with routes takes the place of the routes on a Service.",
        f"{PROXY_OUTBOUND}http/logical/profile.rs should_override_policy",
        READ,
    ),
    Rule(
        "R122",
        "A client's proxy in ingress mode routes by the header l5d-dst-override, and always looks for HTTP.",
        f"{PROXY_OUTBOUND}ingress.rs",
        READ,
    ),
    Rule(
        "R123",
        "A headless Service leads to the pods themselves: its routes, its annotations and its targetPorts do nothing.",
        f"{DESTINATION}server.go getProfileByIP",
    ),
    Rule(
        "R131",
        "Clients' proxies take a pod for meshed by its label linkerd.io/control-plane-ns, be there a proxy or not.",
        f"{DESTINATION}endpoint_translator.go createWeightedAddr",
        READ,
    ),
    Rule(
        "R132",
        "The CNI plugin goes by its own configuration: it leaves 4190 and 4191 alone, and adds a pod's "
        "skip-inbound-ports to what it ignores; lists of the control plane's chart do not count.",
        "linkerd2-proxy-init cni-plugin/main.go cmdAdd",
        READ,
    ),
    Rule(
        "R133",
        "Of a Service with the label or annotations of multicluster's discovery clients get pods of other clusters.",
        f"{DESTINATION}server.go Get",
        READ,
    ),
    Rule(
        "R134",
        "A call of a pod's address, or of a headless Service, is taken by an EgressNetwork whose networks hold it.",
        "linkerd2 policy-controller/runtime/src/lib.rs lookup_ip",
        READ,
    ),
    Rule(
        "R135",
        "A timeout of 0 on a Service is a limit of nothing for its clients' requests.",
        OUTBOUND,
        READ,
    ),
    Rule(
        "R130",
        "An object of another chart, or one that a GitOps tool completes, acts as soon as it exists: without it, "
        "nothing is certain.",
        "linkerd2 policy-controller/k8s/index/src/inbound/index.rs",
        Evidence.MEASURED,
    ),
)
