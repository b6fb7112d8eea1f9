"""Proves the way in: the route has a Gateway that takes it, and a request from outside gets to pinger alone."""

from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from kindmesh.finding import Finding, judge, skip
from kindmesh.kube import Kube, Object
from kindmesh.settings import Settings

ADDRESS = "http://127.0.0.1:8080"


def verify_ingress(kube: Kube, settings: Settings) -> list[Finding]:
    """Look at each HTTPRoute's parents; where Traefik runs, ask from outside too."""
    routes = kube.items("-n", "pingpong", "httproutes.gateway.networking.k8s.io")
    gateways = {
        (found["metadata"]["namespace"], found["metadata"]["name"])
        for found in kube.items("-A", "gateways.gateway.networking.k8s.io")
    }
    findings = [judge_route(route, gateways, controlled=settings.has("ingress")) for route in routes]
    if not settings.has("ingress"):
        return [*findings, skip("ingress", "a request from outside", "this cluster goes without Traefik")]
    return [*findings, _from_outside("/rally", 200), _from_outside("/metrics", 404)]


def judge_route(route: Object, gateways: "set[tuple[str, str]]", *, controlled: bool) -> Finding:
    """Whether every Gateway that a route names is there, and, where a controller looks after it, takes it."""
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
        "there" if good else "not taken"
    )
    hint = "`allowedRoutes` of the Gateway must admit the namespace, and its controller must run"
    return judge("ingress", name, "there", shown, good=good, hint=hint)


def _from_outside(path: str, expected: int) -> Finding:
    try:
        with urlopen(ADDRESS + path, timeout=10) as answer:  # noqa: S310 this machine's own port
            found = str(answer.status)
    except HTTPError as error:
        found = str(error.code)
        error.close()
    except (URLError, OSError, HTTPException) as error:
        found = str(error)
    hint = "look at `kubectl -n ingress get gateway,pods` and at the NodePorts of kind-config.yaml"
    good = found == str(expected)
    return judge("ingress", f"GET {ADDRESS}{path} from outside", str(expected), found, good=good, hint=hint)
