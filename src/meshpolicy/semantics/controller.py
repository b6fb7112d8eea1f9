"""What Linkerd's controller and injector make of objects: workloads, Servers, grants, routes. Pure data."""

from meshpolicy.semantics.rule import Evidence, Rule
from meshpolicy.semantics.sources import (
    API,
    CHARTS,
    CORE,
    GRPC,
    INBOUND,
    INDEX,
    INJECT,
    PROXY_INBOUND,
    ROUTE,
    RUNTIME,
    SERVER_POLICY,
    STATUS,
)

READ = Evidence.READ

SETTINGS = (
    Rule(
        "R1",
        "The mesh has a default policy, one of six, for every port without a Server.",
        f"{INDEX}defaults.rs",
    ),
    Rule(
        "R2",
        "The cluster's networks are 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16 and fd00::/8, unless the "
        "installation says otherwise.",
        f"{CHARTS}linkerd-control-plane/values.yaml clusterNetworks",
    ),
    Rule(
        "R3",
        "Probes may come from any address unless the installation narrows probeNetworks; with an empty list there is "
        "no route for probes.",
        f"{CHARTS}linkerd-control-plane/values.yaml policyController.probeNetworks",
        READ,
    ),
    Rule(
        "R4",
        "Identities end with the mesh's trust domain.",
        f"{INDEX}cluster_info.rs",
        READ,
    ),
    Rule(
        "R5",
        "An account's identity is account.namespace.serviceaccount.identity.CONTROL-PLANE.TRUST-DOMAIN; "
        "nobody checks that the account exists.",
        f"{INDEX}cluster_info.rs",
    ),
    Rule(
        "R6",
        "The proxy waits 10 seconds for the first bytes of a connection whose protocol it has to detect.",
        f"{RUNTIME}args.rs DETECT_TIMEOUT",
        READ,
    ),
)

WORKLOADS = (
    Rule("R7", "Policies act on injected pods only.", f"{RUNTIME}lib.rs", READ),
    Rule(
        "R8",
        "The pod's own annotations count; the namespace's are copied to it when it is created, and never later.",
        f"{INJECT}inject.go AppendNamespaceAnnotations",
    ),
    Rule("R9", "To the server's proxy one wrong entry empties a whole list of opaque ports.", f"{INDEX}ports.rs"),
    Rule(
        "R10",
        "Skipped ports (4567 and 4568 unless the pod says otherwise) never meet the proxy: everything is allowed.",
        f"{CHARTS}partials/templates/_proxy-init.tpl",
    ),
    Rule("R11", "A port's name means every TCP port of that name in the pod.", f"{INBOUND}workload.rs", READ),
    Rule(
        "R12",
        "A pod's ports and probes are read when it is first seen, and not again for the same pod.",
        f"{INBOUND}index.rs PodIndex::update",
        READ,
    ),
)

SERVERS = (
    Rule(
        "R13",
        "A Server acts on pods of its namespace whose labels match, and which have its port.",
        f"{INBOUND}index.rs reindex_servers",
    ),
    Rule(
        "R14",
        "All labels and expressions of a selector must hold; an empty one selects everything.",
        f"{API}labels.rs",
    ),
    Rule(
        "R15",
        "A port that is a number needs no declaration; one in quotes is a name.",
        f"{INBOUND}index.rs select_ports",
    ),
    Rule(
        "R16",
        "Of several Servers for a port the oldest governs it, then the first by name.",
        f"{INBOUND}index.rs reindex_servers",
    ),
    Rule(
        "R17",
        "A Server takes the place of the pod's default policy on its port.",
        f"{INBOUND}index.rs inbound_server",
    ),
    Rule(
        "R18",
        "proxyProtocol says what the proxy expects; unknown means that it detects the protocol.",
        f"{INBOUND}server.rs",
    ),
    Rule("R19", "Without accessPolicy a Server grants nothing.", f"{INBOUND}server.rs"),
    Rule(
        "R20",
        "A port without a Server follows the pod's default-inbound-policy, or else the mesh's.",
        f"{INBOUND}index.rs default_inbound_server",
    ),
    Rule(
        "R21",
        "A port without a Server is opaque if the pod's annotation says so, is detected otherwise, and has no rate "
        "limit and no routes of its own.",
        f"{INBOUND}index.rs default_inbound_server",
    ),
    Rule(
        "R22",
        "A default policy admits everyone or every mesh identity, from anywhere or from the cluster's networks.",
        f"{INDEX}defaults.rs",
    ),
    Rule(
        "R23",
        "No policy reaches a port that has no Server, not even one for the whole Namespace.",
        f"{INBOUND}index.rs default_inbound_server",
    ),
)

GRANTS = (
    Rule(
        "R24",
        "Grants add up, and nothing takes away; where none applies, the request is refused.",
        f"{INBOUND}index.rs client_authzs",
    ),
    Rule("R25", "accessPolicy is one more grant, not a fallback.", f"{INBOUND}index.rs client_authzs"),
    Rule(
        "R26",
        "The order of grants decides which one is named in metrics and logs, and never whether a client is admitted.",
        f"{GRPC}inbound.rs to_server",
        READ,
    ),
    Rule(
        "R27",
        "A policy targets a Server, its own Namespace, an HTTPRoute or a GRPCRoute.",
        f"{INBOUND}authorization_policy.rs",
    ),
    Rule(
        "R28",
        "A target is looked up in the policy's namespace, a route by the very group that is written.",
        f"{INBOUND}index.rs",
    ),
    Rule(
        "R29",
        "All references of a policy must hold: at most one identity and one network.",
        f"{INBOUND}index.rs policy_client_authz",
    ),
    Rule("R30", "A policy without references admits everyone.", f"{INBOUND}index.rs policy_client_authz"),
    Rule(
        "R31",
        "A policy with a reference to an object that does not exist does nothing.",
        f"{INBOUND}index.rs policy_client_authz",
    ),
    Rule(
        "R32",
        "References are to MeshTLSAuthentications, NetworkAuthentications and ServiceAccounts.",
        f"{INBOUND}authorization_policy.rs",
    ),
    Rule(
        "R33",
        "A reference to a ServiceAccount means exactly the identity of that account.",
        f"{INBOUND}index.rs policy_client_authz",
    ),
    Rule(
        "R34",
        "Any identity or reference of a MeshTLSAuthentication is enough.",
        f"{INBOUND}meshtls_authentication.rs",
    ),
    Rule("R35", "An identity is exact, `*` for any, or `*.` and a suffix.", f"{CORE}identity_match.rs"),
    Rule(
        "R36",
        "A network admits the addresses in it, less its own exceptions.",
        f"{INBOUND}network_authentication.rs",
    ),
    Rule(
        "R37",
        "MeshTLSAuthentications and NetworkAuthentications are found in every namespace.",
        f"{INBOUND}index.rs AuthenticationNsIndex",
    ),
    Rule(
        "R38",
        "What is stored although the webhook would refuse it is in force as far as the controller can index it.",
        f"{INBOUND}index.rs apply",
        READ,
    ),
    Rule(
        "R39",
        "A ServerAuthorization selects Servers by name or by their own labels.",
        f"{INBOUND}server_authorization.rs",
    ),
    Rule(
        "R40",
        "A ServerAuthorization with an empty client admits nobody.",
        f"{INBOUND}server_authorization.rs",
    ),
    Rule(
        "R41",
        "A ServerAuthorization without networks means the cluster's networks.",
        f"{GRPC}inbound.rs to_authz",
    ),
    Rule(
        "R42",
        "A ServerAuthorization can name identities in DNS form only, no SPIFFE id.",
        f"{CHARTS}linkerd-crds/templates/policy/server-authorization.yaml",
    ),
    Rule(
        "R43",
        "An accessPolicy grants what the default policy of the same name grants.",
        f"{INBOUND}index.rs client_authzs",
    ),
    Rule("R44", "audit admits everyone and logs it.", f"{PROXY_INBOUND}policy/http.rs"),
)

ROUTES = (
    Rule("R45", "A route is attached to a Server whose group and kind it names.", f"{INBOUND}routes.rs"),
    Rule(
        "R46",
        "A parent in another namespace, or with a port or section, keeps the whole route out of force.",
        f"{INBOUND}routes.rs",
    ),
    Rule(
        "R47",
        "A route is in force on a Server once its status says Accepted for that parent.",
        f"{INBOUND}routes.rs accepted_by_server",
    ),
    Rule(
        "R48",
        "A GRPCRoute puts all HTTPRoutes of its Server out of force.",
        f"{STATUS}index.rs parent_condition_server",
    ),
    Rule(
        "R49",
        "The first route that is attached removes Linkerd's own two: one for everything, and one for the probes.",
        f"{INBOUND}index.rs http_routes",
    ),
    Rule("R50", "HTTPRoutes act on HTTP ports, GRPCRoutes on gRPC ports.", f"{GRPC}inbound.rs to_server"),
    Rule(
        "R51",
        "A route is granted what its own policies and its Server's grant.",
        f"{INBOUND}index.rs route_client_authzs",
    ),
    Rule("R52", "All rules of one route share its grants.", f"{SERVER_POLICY}http.rs"),
    Rule(
        "R53",
        "A filter or pattern that Linkerd does not know drops the whole route.",
        f"{INDEX}routes/http.rs",
    ),
    Rule(
        "R54",
        "Header changes and redirects come after the authorization.",
        f"{GRPC}inbound/http.rs",
    ),
    Rule(
        "R55",
        "Routes are ordered by age, those without a time last, then by name, group and kind.",
        f"{GRPC}inbound/http.rs",
    ),
    Rule(
        "R56",
        "A GRPCRoute's match without a method makes the proxy refuse the whole Server.",
        f"{ROUTE}grpc/match.rs MissingRpc",
    ),
    Rule(
        "R57",
        "Where no route is attached Linkerd adds two: one for everything, and one for the probes.",
        f"{INBOUND}index.rs default_inbound_http_routes",
    ),
    Rule("R58", "Probe paths are those of the pod's httpGet probes.", f"{INBOUND}workload.rs"),
    Rule(
        "R59",
        "GET on a probe path is open to everyone unless the probes' networks are narrowed.",
        f"{INBOUND}index.rs default_inbound_http_routes",
    ),
    Rule(
        "R60",
        "Probes over HTTPS, gRPC and TCP are not let in by themselves.",
        f"{PROXY_INBOUND}detect.rs",
    ),
)

CONTROLLER_RULES = (*SETTINGS, *WORKLOADS, *SERVERS, *GRANTS, *ROUTES)
