"""A generated cluster of unmeshed workloads under NetworkPolicies of every shape; the same each time."""

from collections.abc import Iterator
from random import Random
from typing import Any

import yaml

PORTS = {"http": 8080, "metrics": 9090}
PER_NAMESPACE = 50
TEAMS, TIERS = ("red", "green", "blue"), ("front", "middle", "back")
POLICIES = "networking.k8s.io/v1"
Manifest = dict[str, Any]


def manifests(workloads: int) -> Iterator[str]:
    """Yield namespaces, as many Pods and Deployments, and one NetworkPolicy for two of three workloads."""
    random = Random(workloads)  # noqa: S311 # nothing secret
    spaces = [f"n{n}" for n in range(-(-workloads // PER_NAMESPACE))]
    for number, space in enumerate(spaces):
        yield document("v1", "Namespace", space, labels={"team": TEAMS[number % 3]})
    for n in range(workloads):
        space, labels = spaces[n // PER_NAMESPACE], {"app": f"w{n}", "tier": random.choice(TIERS)}
        yield workload(n, space, labels)
        if n % 3:
            kinds = random.choice((["Ingress"], ["Ingress"], ["Ingress", "Egress"], ["Egress"]))
            chosen = random.choice((f"w{n}", f"w{n}", f"w{n}", None))
            spec: Manifest = {
                "podSelector": {"matchLabels": {"app": chosen} if chosen else {"tier": labels["tier"]}},
                "policyTypes": kinds,
            }
            for kind, way in (("Ingress", "from"), ("Egress", "to")):
                if kind in kinds:
                    spec[kind.lower()] = [rule(random, way, n, spaces) for _ in range(random.choice((0, 1, 1, 2)))]
            yield document(POLICIES, "NetworkPolicy", f"p{n}", space, spec=spec)


def workload(n: int, space: str, labels: dict[str, str]) -> str:
    """Return a Pod, or every other time a Deployment."""
    ports = [{"name": name, "containerPort": number} for name, number in PORTS.items()]
    pod: Manifest = {"containers": [{"name": "app", "image": "app", "ports": ports}]}
    if n % 2:
        return document("v1", "Pod", f"w{n}", space, labels=labels, spec=pod)
    spec = {"selector": {"matchLabels": dict(labels)}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return document("apps/v1", "Deployment", f"w{n}", space, spec=spec)


def rule(random: Random, way: str, n: int, spaces: list[str]) -> Manifest:
    """Return a rule of some peers and some ports."""
    first = n - n % PER_NAMESPACE
    tier = {"matchLabels": {"tier": random.choice(TIERS)}}
    peers: list[Manifest] = [
        {"podSelector": {"matchLabels": {"app": f"w{first + random.randrange(PER_NAMESPACE)}"}}},
        {"podSelector": {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front", "back"]}]}},
        {"podSelector": {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}},
        {"namespaceSelector": {"matchLabels": {"team": random.choice(TEAMS)}}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": random.choice(spaces)}}},
        {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}, "podSelector": tier},
        {"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.9/32"]}},
    ]
    ports: list[Manifest] = [
        {"port": 8080},
        {"port": "http"},
        {"port": "metrics", "protocol": "TCP"},
        {"port": 8000, "endPort": 9000},
        {"port": 53, "protocol": "UDP"},
        {"protocol": "TCP"},
    ]
    found: Manifest = {}
    if random.random() < 0.9:
        found[way] = random.sample(peers, random.choice((1, 1, 2)))
    if way == "to" and any("ipBlock" in peer for peer in found.get(way, [{"ipBlock": {}}])):
        ports = [
            entry for entry in ports if not isinstance(entry.get("port"), str)
        ]  # the other tool refuses names here
    if random.random() < 0.7:
        found["ports"] = random.sample(ports, random.choice((1, 2)))
    return found


def document(version: str, kind: str, name: str, namespace: str = "", **rest: Any) -> str:
    """Return a YAML document."""
    metadata: Manifest = {"name": name} | ({"namespace": namespace} if namespace else {})
    if "labels" in rest:
        metadata["labels"] = rest.pop("labels")
    found = {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}
    return "---\n" + yaml.dump(found, sort_keys=False)
