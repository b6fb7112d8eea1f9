"""`decide` against an evaluation written anew, without any index, on generated clusters."""

from ipaddress import ip_address, ip_network

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .build import ARENA, Manifest, account, allow, ask, cluster, exact, network, pod, prefix, ref, route, server, tls

CLIENTS = ("pinger", "rogue", "stranger")
ADDRESS = {"pinger": "10.244.0.11", "rogue": "10.244.0.12", "stranger": "10.244.0.13"}
NETS = ("10.244.0.11/32", "10.244.0.12/31", "0.0.0.0/0", "192.168.0.0/16")
IDENTITIES = ("*", "pinger", "rogue")
PATHS = ("/", "/a", "/a/b", "/c")
SUFFIX = "arena.serviceaccount.identity.linkerd.cluster.local"

grants = st.fixed_dictionaries(
    {
        "identity": st.sampled_from((None, *IDENTITIES)),
        "net": st.sampled_from((None, *NETS)),
        "on": st.sampled_from(("http", "r0", "r1", "Namespace")),
        "missing": st.booleans(),
    }
)
routes = st.lists(
    st.tuples(st.sampled_from(("Exact", "PathPrefix")), st.sampled_from(PATHS), st.sampled_from((None, "GET", "POST"))),
    max_size=2,
)
access = st.sampled_from(("deny", "all-unauthenticated", "all-authenticated", "cluster-unauthenticated"))


def manifests(
    given_grants: list[dict[str, object]], given_routes: list[tuple[str, str, str | None]], mode: str
) -> list[Manifest]:
    """Return the manifests that say it."""
    found = [server(accessPolicy=mode)]
    for number, (kind, path, method) in enumerate(given_routes):
        match = (exact if kind == "Exact" else prefix)(path, **({"method": method} if method else {}))
        found.append(route(match, name=f"r{number}", created=f"2026-01-0{number + 1}T00:00:00Z"))
    for number, grant in enumerate(given_grants):
        references = []
        if grant["identity"] == "*":
            found.append(tls("*", name=f"t{number}"))
            references.append(ref("MeshTLSAuthentication", f"t{number}"))
        elif grant["identity"]:
            references.append(account(str(grant["identity"])))
        if grant["net"]:
            if not grant["missing"]:
                found.append(network(str(grant["net"]), name=f"n{number}"))
            references.append(ref("NetworkAuthentication", f"n{number}"))
        kind = {"http": "Server", "Namespace": "Namespace"}.get(str(grant["on"]), "HTTPRoute")
        name = "arena" if kind == "Namespace" else str(grant["on"])
        found.append(allow(*references, on=ref(kind, name), name=f"p{number}"))
    return found


def expected(
    given_grants: list[dict[str, object]],
    given_routes: list[tuple[str, str, str | None]],
    mode: str,
    client: str,
    path: str,
    method: str,
) -> str:
    """Return what the rules say, by going through everything."""
    best: tuple[tuple[int, int], str] | None = None
    for number, (kind, pattern, wanted) in enumerate(given_routes):
        hit = (
            path == pattern if kind == "Exact" else pattern == "/" or path == pattern or path.startswith(f"{pattern}/")
        )
        if not hit or wanted not in (None, method):
            continue
        rank = (1 if kind == "PathPrefix" and pattern == "/" else len(pattern), 1 if wanted else 0)
        if best is None or rank > best[0]:
            best = rank, f"r{number}"
    if given_routes and best is None:
        return "404"
    meshed = client != "stranger"
    if mode in ("all-unauthenticated", "cluster-unauthenticated") or (mode == "all-authenticated" and meshed):
        return "allow"
    for grant in given_grants:
        if grant["on"] not in ("http", "Namespace") and (best is None or grant["on"] != best[1]):
            continue
        if grant["net"] and grant["missing"]:
            continue
        who = grant["identity"] is None or (meshed and grant["identity"] in ("*", client))
        where = grant["net"] is None or ip_address(ADDRESS[client]) in ip_network(str(grant["net"]))
        if who and where:
            return "allow"
    return "403"


@given(st.lists(grants, max_size=3), routes, access, st.sampled_from(PATHS), st.sampled_from(("GET", "POST")))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_decide_agrees_with_brute_force(
    given_grants: list[dict[str, object]],
    given_routes: list[tuple[str, str, str | None]],
    mode: str,
    path: str,
    method: str,
) -> None:
    """R24, R28 to R31, R51, R88 to R91: clusters of a few policies and routes, all clients."""
    base = (*ARENA[:3], pod("ponger", "10.244.0.21", ports={"http": 8080}), ARENA[-1])
    found = cluster(*base, *manifests(given_grants, given_routes, mode))
    for client in CLIENTS:
        answer = ask(found, client, f"ponger:http{path}", method=method)
        assert answer.outcome == expected(given_grants, given_routes, mode, client, path, method), (
            client,
            answer.reasons,
        )
