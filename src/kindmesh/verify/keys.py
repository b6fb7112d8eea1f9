"""Verifies that no account that handles requests can read the mesh's keys or get a certificate signed."""

from kindmesh.probes.candidate import propose
from kindmesh.settings import Settings
from kindmesh.tools.kube import Kube, Object
from meshverify.finding import Finding, judge

GROUP = "keys"
SIGNING = "pingpong-mesh-signing"
ACCOUNTS = (("ingress", "traefik"), ("pingpong", "pinger"), ("pingpong", "ponger"), ("tracing", "jaeger"))
FORGED: Object = {
    "apiVersion": "cert-manager.io/v1",
    "kind": "Certificate",
    "metadata": {"name": "kindmesh-candidate", "namespace": "pingpong"},
    "spec": {
        "issuerRef": {"kind": "ClusterIssuer", "name": "linkerd-identity-issuer"},
        "secretName": "kindmesh-candidate",
        "dnsNames": ["pinger.pingpong.serviceaccount.identity.linkerd.cluster.local"],
    },
}
"""What anyone who may edit a namespace could request: the identity of pinger."""


def verify_keys(kube: Kube, settings: Settings) -> list[Finding]:
    """Ask the API server what each account may read, and request a certificate that nobody should get."""
    spaces = ("linkerd", "cert-manager") if settings.has("cert-manager") else ("linkerd",)
    findings = [_unread(kube, account, space) for account in ACCOUNTS for space in spaces]
    return [*findings, _unsigned(kube)] if settings.has("cert-manager") else findings


def _unread(kube: Kube, account: tuple[str, str], space: str) -> Finding:
    namespace, name = account
    person, question = f"system:serviceaccount:{namespace}:{name}", f"{name} may read Secrets of {space}"
    if not kube.exists("-n", namespace, f"serviceaccount/{name}"):
        # The API server says no for an account that does not exist, too.
        missing, way = f"there is no account {namespace}/{name}", "`just up kind` creates it"
        return judge(GROUP, question, "no", missing, good=False, hint=way)
    answer = kube.attempt("-n", space, "auth", "can-i", "list", "secrets", "--as", person)
    found = answer.out.strip() or answer.err.strip()[-120:]
    hint = f"`kubectl auth can-i --list -n {space} --as {person}` shows by which rule: a role reads too much"
    return judge(GROUP, question, "no", found, good=found == "no", hint=hint)


def _unsigned(kube: Kube) -> Finding:
    answer = propose(kube, FORGED)
    good = answer.code != 0 and f"'{SIGNING}'" in answer.err
    found = f"refused by {SIGNING}" if good else "signed" if answer.code == 0 else answer.err.strip()[-200:]
    hint = "mesh/linkerd/identity/signing.yaml is not applied: `kindmesh up --only identity`"
    return judge(GROUP, "a certificate of the mesh for anybody", f"refused by {SIGNING}", found, good=good, hint=hint)
