"""What Linkerd's proxy does with connections and requests. Pure data."""

from meshpolicy.semantics.rule import LINKERD, Evidence, Rule
from meshpolicy.semantics.sources import CONTROLLER, GRPC, INBOUND, PROXY, PROXY_INBOUND, ROUTE, SERVER_POLICY, STATUS

READ = Evidence.READ
SINCE_CASE_FIX = f"{LINKERD} built from source; the proxy v2.366.0 of its images compares with case"

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
        "A host is compared without port, and without case by proxies newer than v2.366.0, which edge-26.8.3 has.",
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
    Rule(
        "R136",
        "A path that no URI can hold, a CONNECT to a path, and over HTTP/2 a header of the connection are refused "
        "before any policy is asked, at first by the client's proxy where it takes the port for HTTP: 400.",
        f"{PROXY}http/upgrade/src/upgrade.rs is_bad_request",
        READ,
    ),
    Rule(
        "R137",
        "Unless a request asks for an upgrade, Connection, what it names, Keep-Alive, Proxy-Connection and Upgrade are "
        "taken out of it before a route is looked for.",
        f"{PROXY}http/upgrade/src/lib.rs strip_connection_headers",
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

PROXY_RULES = (*CONNECTIONS, *REQUESTS, *LIMITS)
