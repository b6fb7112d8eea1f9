"""What is refused before it is stored: by schemas, by their rules, and by Linkerd's webhook (section 14). Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.kinds import webhook
from meshpolicy.kinds.parsepolicy import networks
from meshpolicy.kinds.routerules import one_rule, route
from meshpolicy.kinds.schema import validate

SchemaLookup = Callable[[str, str], Mapping[str, Mapping[str, Any]]]
"""The schemas of a group and kind, by version."""

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
COLONS_ALLOWED = frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})
"""Kinds whose names are free; they decide nothing here."""


def egress_network(document: Fields) -> None:
    """Note an empty list of networks, and networks that are none; without a list it means all outside the cluster."""
    spec = document.child("spec")
    if spec.has("networks") and not spec.children("networks"):
        message = "is empty: leave it out for every network outside of the cluster"
        spec.note("networks", message, ProblemKind.REJECTED)
    networks(spec)


CHECKS: Mapping[tuple[str, str], Callable[[Fields], None]] = {
    ("policy.linkerd.io", "AuthorizationPolicy"): webhook.authorization_policy,
    ("policy.linkerd.io", "MeshTLSAuthentication"): webhook.mesh_tls_authentication,
    ("policy.linkerd.io", "ServerAuthorization"): webhook.server_authorization,
    ("policy.linkerd.io", "HTTPLocalRateLimitPolicy"): webhook.rate_limit,
    ("policy.linkerd.io", "EgressNetwork"): egress_network,
    ("gateway.networking.k8s.io", "TLSRoute"): one_rule,
    ("policy.linkerd.io", "HTTPRoute"): route,
    ("gateway.networking.k8s.io", "HTTPRoute"): route,
    ("gateway.networking.k8s.io", "GRPCRoute"): route,
}


def refusals(documents: Iterable[Document], schemas: SchemaLookup) -> tuple[Problem, ...]:
    """Return every reason for which some document would be refused."""
    problems: list[Problem] = []
    for document in documents:
        version, kind = str(document.data.get("apiVersion", "")), str(document.data.get("kind", ""))
        group, _, version = version.rpartition("/")
        found = [*_name(document, kind), *_structural(document, schemas(group, kind), version)]
        problems += found
        check = CHECKS.get((group, kind))
        if check is not None and not found:
            check(Fields(document.data, document.place, problems))
    return tuple(problems)


def _name(document: Document, kind: str) -> list[Problem]:
    """Note a name that no object may bear."""
    metadata = document.data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if kind in COLONS_ALLOWED or not isinstance(name, str) or not name or NAME.fullmatch(name):
        return []
    place = _at(document.place, "metadata.name")
    message = f"is `{name}`: a name holds lower-case letters, digits, `-` and `.`, and ends in neither"
    return [Problem(place, message, ProblemKind.REJECTED)]


def _structural(document: Document, schemas: Mapping[str, Mapping[str, Any]], version: str) -> list[Problem]:
    if not schemas:
        return []
    place = document.place
    if version not in schemas:
        message = f"has no version `{version}`; there are {', '.join(schemas)}"
        return [Problem(_at(place, "apiVersion"), message, ProblemKind.REJECTED)]
    value = {"spec": document.data.get("spec")}
    return [
        Problem(_at(place, field), message, ProblemKind.REJECTED)
        for field, message in validate(value, schemas[version])
    ]


def _at(place: Place, field: str) -> Place:
    return replace(place, field=f"{place.field}.{field}" if place.field else field)
