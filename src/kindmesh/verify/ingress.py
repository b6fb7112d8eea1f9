"""Verifies the ingress: the route has a Gateway that accepts it, and requests from outside reach only pinger."""

from kindmesh.probes.entrance import Entrance, find_entrance
from kindmesh.settings import Settings
from kindmesh.tools.kube import Kube, Object
from meshverify.finding import Finding, judge, skip

OUTSIDE = (("/", "200"), ("/rally", "200"), ("/metrics", "404"), ("/ping", "404"))
"""The paths requested from outside, and the expected statuses."""


def verify_ingress(kube: Kube, settings: Settings) -> list[Finding]:
    """Check each HTTPRoute's parents; if Traefik is installed, send requests from outside too."""
    routes = kube.items("-n", "pingpong", "httproutes.gateway.networking.k8s.io")
    gateways = {
        (found["metadata"]["namespace"], found["metadata"]["name"])
        for found in kube.items("-A", "gateways.gateway.networking.k8s.io")
    }
    findings = [judge_route(route, gateways, controlled=settings.has("ingress")) for route in routes]
    if not settings.has("ingress"):
        return [*findings, skip("ingress", "a request from outside", "Traefik is not installed")]
    entrance = find_entrance(kube, settings)
    # Traefik itself answers paths that no route offers: pinger does not see them.
    asked = [_asked(entrance, path, expected) for path, expected in OUTSIDE]
    asked += [_asked(entrance, path, expected, name) for name in entrance.names for path, expected in OUTSIDE]
    return [*findings, *asked]


def judge_route(route: Object, gateways: "set[tuple[str, str]]", *, controlled: bool) -> Finding:
    """Whether every Gateway that a route names exists and, if a controller is installed, accepts it."""
    spaces = route["metadata"]["namespace"]
    wanted = [(parent.get("namespace", spaces), parent["name"]) for parent in route["spec"].get("parentRefs", [])]
    missing = [f"{namespace}/{name}" for namespace, name in wanted if (namespace, name) not in gateways]
    name = f"HTTPRoute {route['metadata']['name']} has its Gateway"
    if missing:
        there = ", ".join(f"{namespace}/{name}" for namespace, name in sorted(gateways)) or "none"
        hint = f"there is {there}: `parentRefs` of mesh/ingress/httproute.yaml names another"
        return judge("ingress", name, "there", f"no Gateway {', '.join(missing)}", good=False, hint=hint)
    conditions = [found for parent in route.get("status", {}).get("parents", []) for found in parent["conditions"]]
    refused = [found for found in conditions if found["type"] == "Accepted" and found["status"] != "True"]
    good = not refused and (bool(conditions) or not controlled)
    shown = "; ".join(f"{found['reason']}: {found['message']}" for found in refused) or (
        "there" if good else "not accepted"
    )
    hint = "`allowedRoutes` of the Gateway must admit the namespace, and its controller must run"
    return judge("ingress", name, "there", shown, good=good, hint=hint)


def _asked(entrance: Entrance, path: str, expected: str, name: str = "") -> Finding:
    found = entrance.get(path, name=name)
    hint = "look at `kubectl -n ingress get gateway,pods,certificates` and at the NodePorts of kind-config.yaml"
    secure = f"https ({name})" if name else "http"
    return judge("ingress", f"outside -> {secure} GET {path}", expected, found, good=found == expected, hint=hint)
