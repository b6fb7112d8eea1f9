"""Linkerd's rules for inbound traffic, as read in its source. Pure data."""

from meshpolicy.semantics.rule import LINKERD, Evidence, Rule

CORE = "linkerd2 policy-controller/core/src/"
INDEX = "linkerd2 policy-controller/k8s/index/src/"
INBOUND = f"{INDEX}inbound/"
API = "linkerd2 policy-controller/k8s/api/src/"
GRPC = "linkerd2 policy-controller/grpc/src/"
STATUS = "linkerd2 policy-controller/k8s/status/src/"
RUNTIME = "linkerd2 policy-controller/runtime/src/"
CHARTS = "linkerd2 charts/"
INJECT = "linkerd2 pkg/inject/"
CONTROLLER = "linkerd2 controller/"
PROXY = "linkerd2-proxy linkerd/"
PROXY_INBOUND = f"{PROXY}app/inbound/src/"
SERVER_POLICY = f"{PROXY}proxy/server-policy/src/"
ROUTE = f"{PROXY}http/route/src/"
READ = Evidence.READ
SINCE_CASE_FIX = f"{LINKERD}; the proxy v2.366.0 still compares case"

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
        "What the webhook would refuse is skipped by the controller, which keeps the version before.",
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

CONNECTIONS = (
    Rule(
        "R61",
        "The proxy takes connections to the pod's own addresses only; those to 4143 are other proxies', and every "
        "other port has a policy.",
        f"{PROXY_INBOUND}accept.rs",
        READ,
    ),
    Rule(
        "R62",
        "The proxy tells five clients apart: plaintext, the application's own TLS, meshed HTTP and meshed opaque "
        "traffic on 4143, and mTLS to the port itself.",
        f"{PROXY_INBOUND}direct.rs",
        READ,
    ),
    Rule(
        "R63",
        "What a connection meets depends on the port's protocol and on how its client connects.",
        f"{PROXY_INBOUND}detect.rs",
    ),
    Rule(
        "R64",
        "On a port declared HTTP or gRPC every other connection is closed.",
        f"{PROXY_INBOUND}policy/tcp.rs check_authorized",
    ),
    Rule(
        "R65",
        "A port that is marked opaque makes meshed clients connect without looking for HTTP.",
        f"{CONTROLLER}api/destination/endpoint_translator.go",
    ),
    Rule(
        "R66",
        "Whether a connection is HTTP is decided by what arrives first: an HTTP/2 preface, or the head of an HTTP/1 "
        "request.",
        f"{PROXY}http/detect/src/lib.rs",
    ),
    Rule(
        "R67",
        "A connection that was detected as HTTP is judged by request, and refused with 403, not by being closed.",
        f"{PROXY_INBOUND}detect.rs",
    ),
    Rule("R68", "4143 takes connections of other proxies only.", f"{PROXY_INBOUND}direct.rs", READ),
    Rule(
        "R69",
        "A client's identity is the first name in a certificate of the mesh, if it asked for this proxy by name.",
        f"{PROXY}tls/src/server.rs",
    ),
    Rule(
        "R70",
        "Identities in DNS form are compared in lower case, and TLS that the proxy passes on is no mesh TLS.",
        f"{PROXY}dns/name/src/name.rs",
        READ,
    ),
    Rule(
        "R71",
        "A meshed client has no identity where its proxy does not carry the call, and its address is the peer's of "
        "the connection.",
        f"{CONTROLLER}api/destination/endpoint_translator.go",
    ),
)

REQUESTS = (
    Rule("R80", "A pod may always call itself through localhost.", f"{SERVER_POLICY}lib.rs"),
    Rule(
        "R81",
        "A grant applies where its network holds the client's address and its authentication the client.",
        f"{PROXY_INBOUND}policy.rs is_authorized",
    ),
    Rule(
        "R82",
        "Without authentication everyone is meant; with mesh TLS a client whose TLS ends at this proxy; with "
        "identities a client that has one of them.",
        f"{PROXY_INBOUND}policy.rs",
    ),
    Rule(
        "R83",
        "An identity must be equal byte by byte; `*.x` means every identity that ends with `.x`.",
        f"{SERVER_POLICY}authz.rs",
    ),
    Rule("R84", "SPIFFE ids match exactly or not at all.", f"{PROXY_INBOUND}policy.rs"),
    Rule(
        "R85",
        "A request needs a route (404), then a grant (403); then come filters and the rate limit.",
        f"{PROXY_INBOUND}policy/http.rs",
    ),
    Rule(
        "R86",
        "Routes see the verified identity in l5d-client-id, whatever the client wrote there, and the Host in place of "
        "a missing authority.",
        f"{PROXY_INBOUND}http/set_identity_header.rs",
    ),
    Rule("R88", "The best match of all routes wins; on a tie the oldest route.", f"{ROUTE}lib.rs"),
    Rule(
        "R89",
        "A match needs all of its path, method, headers and query parameters.",
        f"{ROUTE}http/match.rs",
    ),
    Rule(
        "R90",
        "Paths are compared as they are sent, with case and without cleaning.",
        f"{ROUTE}http/match/path.rs",
    ),
    Rule(
        "R91",
        "A host outranks every path, a longer path a shorter one; then count headers, query and method.",
        f"{ROUTE}http/match.rs",
    ),
    Rule(
        "R92",
        "A host is compared without port and case.",
        f"{ROUTE}http/match/host.rs",
        versions=SINCE_CASE_FIX,
    ),
    Rule(
        "R93",
        "One line of a header must have the value, or all of it must match the expression; of query parameters, "
        "decoded, one of that name must.",
        f"{ROUTE}http/match/header.rs",
    ),
    Rule(
        "R94",
        "A gRPC call is a POST to /service/method, and both are compared exactly.",
        f"{ROUTE}grpc/match.rs",
    ),
    Rule(
        "R95",
        "A connection that is no HTTP is judged by the Server's grants alone, and again when they change.",
        f"{PROXY_INBOUND}policy/tcp.rs",
    ),
    Rule("R96", "A refused connection is accepted and then closed.", f"{PROXY}app/core/src/serve.rs"),
    Rule(
        "R97",
        "A redirect that cannot be made is an error.",
        f"{PROXY}app/core/src/errors/respond.rs",
        READ,
    ),
)

LIMITS = (
    Rule("R99", "The oldest rate limit of a Server is in force.", f"{STATUS}index.rs target_ref_status"),
    Rule("R100", "Rate limits act on HTTP ports only.", f"{GRPC}inbound.rs"),
    Rule(
        "R101",
        "Each proxy counts by itself; those of one override share, and so do all without identity.",
        f"{SERVER_POLICY}local_rate_limit.rs",
    ),
    Rule("R102", "Overrides are for ServiceAccounts.", f"{INBOUND}ratelimit_policy.rs"),
    Rule(
        "R103",
        "The proxy's admin port 4191 has a policy like any other, and serves HTTP only.",
        f"{PROXY}app/admin/src/stack.rs",
    ),
    Rule(
        "R104",
        "The first connections to an undeclared port are judged by the default policy.",
        f"{PROXY_INBOUND}policy/store.rs",
    ),
)

LINKERD_RULES = (*SETTINGS, *WORKLOADS, *SERVERS, *GRANTS, *ROUTES, *CONNECTIONS, *REQUESTS, *LIMITS)
