"""Findings about identities: names that are in no certificate, and clients that a wildcard does not match. Pure."""

import re

from meshpolicy.analysis.access import account_of
from meshpolicy.analysis.words import account
from meshpolicy.core.policy import TlsAuthenticated
from meshpolicy.decide.transport import identity_of
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.ports import by_server, explicit
from meshpolicy.index.authorize import identity_matches
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import POLICY_GROUP
from meshpolicy.kinds.meshtlsauthentication import MeshTLSAuthentication
from meshpolicy.kinds.references import kind_of

SPIFFE = "spiffe://"
OF_ACCOUNT = re.compile(r"spiffe://[^/]+/ns/(?P<namespace>[^/]+)/sa/(?P<name>[^/]+)")
"""The identity of a ServiceAccount in other meshes."""


@code(
    "MP013",
    "A wildcard that misses SPIFFE identities",
    "R83 R84",
    explanation="`*`, suffixes and the *-authenticated policies match DNS names only. Workloads outside of the cluster "
    "bear SPIFFE ids, which match exactly or not at all.",
    fix="List the SPIFFE ids in `identities`, each one.",
)
def wildcard_without_spiffe(cluster: Cluster) -> Found:
    """Find wildcards in clusters that have SPIFFE identities."""
    outside = [w for w in cluster.workloads if w.identity.startswith(SPIFFE)]
    if not outside:
        return
    for server, ports in by_server(cluster).items():
        for grant in explicit(ports[0].policy.authorizations):
            match grant.authentication:
                case TlsAuthenticated(identities) if not any(i.pattern.startswith(SPIFFE) for i in identities):
                    if any(i.pattern == "*" for i in identities):
                        subject = grant.ref if grant.ref.is_object else server.ref
                        yield subject, f"does not admit {outside[0].ref}: `*` matches no SPIFFE id"
                case _:
                    pass


@code(
    "MP014",
    "An identity of another installation",
    "R4 R5",
    severity=Severity.ERROR,
    explanation="A mesh identity holds the control plane's namespace and the trust domain. A string copied from "
    "elsewhere, a Service's DNS name, or the SPIFFE id of an account as other meshes write it, is an identity that no "
    "client here presents.",
    fix="Use identityRefs (a ServiceAccount or a Namespace): they follow the installation.",
)
def foreign_identity(cluster: Cluster) -> Found:
    """Find identity strings that this mesh does not issue."""
    suffix = cluster.settings.identity("", "")[1:]
    outside = {workload.identity for workload in cluster.workloads}
    for authentication in cluster.identities.values():
        for text in authentication.identities:
            named = OF_ACCOUNT.fullmatch(text)
            if named and text not in outside and named["namespace"] in cluster.known_namespaces:
                own = cluster.settings.identity(named["namespace"], named["name"])
                yield authentication.ref, f"names `{text}`; pods of that account show {own}"
            if text == "*" or text.startswith(SPIFFE):
                continue
            if not text.endswith(suffix) and not suffix.endswith(text.removeprefix("*")):
                yield authentication.ref, f"names `{text}`; identities of this mesh end with {suffix}"


@code(
    "MP036",
    "An account that no workload has",
    "R5",
    explanation="Nobody checks that a named account exists. No workload of that namespace runs under this one: it may "
    "be misspelled.",
    fix="Compare with the workloads' serviceAccountName.",
)
def unknown_account(cluster: Cluster) -> Found:
    """Find accounts that no workload uses, in namespaces whose workloads are in the manifests."""
    accounts: dict[str, set[str]] = {}
    for workload in cluster.workloads:
        accounts.setdefault(workload.ref.namespace, set()).add(workload.service_account)
    for authentication in cluster.identities.values():
        for name in _accounts(cluster, authentication):
            namespace, _, own = name.partition("/")
            if namespace in accounts and own not in accounts[namespace]:
                yield authentication.ref, f"names {name}, under which no workload of {namespace} runs"
    for policy in cluster.authorization_policies:
        for reference in policy.references:
            known = accounts.get(reference.namespace)
            if reference.kind.lower() == "serviceaccount" and known is not None and reference.name not in known:
                yield policy.ref, f"names {reference.namespace}/{reference.name}, under which no workload runs"


@code(
    "MP038",
    "A policy that is wider than its use",
    "R34 R35",
    severity=Severity.NOTE,
    explanation="The policy admits a whole namespace, or everyone in the mesh, and among the workloads of these "
    "manifests one account makes use of that. Whoever can start a pod there is admitted as well.",
    fix="Name the account in identityRefs.",
)
def wider_than_used(cluster: Cluster) -> Found:
    """Find wildcards that match exactly one account of the workloads."""
    workloads = [workload for workload in cluster.workloads if workload.meshed]
    for authentication in cluster.identities.values():
        for match in identity_matches(cluster, authentication.identities, authentication.references):
            if match.exact:
                continue
            met = {account_of(w) for w in workloads if match.accepts(identity_of(cluster, w))}
            if len(met) == 1:
                yield (
                    authentication.ref,
                    f"means {account(match.pattern, cluster.settings)}, and only {met.pop()} is one",
                )


def _accounts(cluster: Cluster, authentication: MeshTLSAuthentication) -> list[str]:
    matches = identity_matches(cluster, authentication.identities, authentication.references)
    words = (account(match.pattern, cluster.settings) for match in matches)
    return [name for name in words if "/" in name and " " not in name and "://" not in name]


@code(
    "MP067",
    "A policy that admits every identity of the mesh",
    "R83",
    severity=Severity.NOTE,
    explanation="`*` among the identities means any verified identity: every meshed pod of every namespace is "
    "admitted. It keeps out clients without a sidecar, and nobody else.",
    fix="Name the accounts that call (identityRefs), or their namespace.",
)
def every_identity(cluster: Cluster) -> Found:
    """Find policies that require a MeshTLSAuthentication with the identity `*`, and nothing else."""
    for policy in cluster.authorization_policies:
        if [kind_of(reference) for reference in policy.references] != [(POLICY_GROUP, "meshtlsauthentication")]:
            continue
        found = cluster.identities.get((policy.references[0].namespace, policy.references[0].name))
        if found is not None and "*" in found.identities:
            yield policy.ref, f"admits every identity: {found.ref} names `*`"
