"""Ten mistakes that people make on this stack: how each is made, and healed by the project's own steps."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kindmesh.identity.authority import as_secret, load_anchor, make_issuer
from kindmesh.probes.clients import NEWCOMER, NODE
from kindmesh.steps.step import Site, run_steps, select_steps
from kindmesh.steps.up import STEPS
from kindmesh.tools.kube import Kube, until
from kindmesh.verify.admission import verify_admission
from kindmesh.verify.calls import verify_calls
from kindmesh.verify.certificates import verify_certificates
from kindmesh.verify.ingress import verify_ingress
from kindmesh.verify.workloads import verify_metrics
from meshverify.finding import Finding

AUTHENTICATION = "meshtlsauthentications.policy.linkerd.io/pinger"


def heal(site: Site, *steps: str) -> None:
    """Take steps of `up` again: they put back what is written."""
    run_steps(select_steps(STEPS, site.settings, steps), site)


def patch(kube: Kube, target: str, change: object, kind: str = "merge", namespace: str = "pingpong") -> None:
    """Change an object that is there."""
    kube.run("-n", namespace, "patch", target, f"--type={kind}", "-p", json.dumps(change))


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake, which check finds it, and which word of the hint leads to the cause."""

    name: str
    make: Callable[[Site], object]
    heal: Callable[[Site], object]
    look: Callable[[Site], Sequence[Finding]]
    found_by: str
    word: str


def calls(site: Site) -> Sequence[Finding]:
    """Ask as a new pinger and as the node."""
    return verify_calls(site.kube, (NEWCOMER, NODE))


def not_injected(site: Site) -> None:
    """Take the namespace out of the mesh."""
    patch(site.kube, "namespace/pingpong", {"metadata": {"annotations": {"linkerd.io/inject": "disabled"}}})


def injected_again(site: Site) -> None:
    """Put the namespace back into the mesh."""
    heal(site, "namespaces")


def expire_issuer(site: Site) -> None:
    """Give Linkerd an issuer that ended yesterday, as it is when nobody renews it any more."""
    scale_renewal(site, 0)
    give_issuer(site, datetime.now(UTC) - timedelta(days=31))


def renew_issuer(site: Site) -> None:
    """Give Linkerd an issuer that lives."""
    give_issuer(site, datetime.now(UTC))
    scale_renewal(site, 1)


def scale_renewal(site: Site, replicas: int) -> None:
    """Stop or start cert-manager, where it is there: it would renew at once."""
    if site.settings.has("cert-manager"):
        site.kube.run("-n", "cert-manager", "scale", "deployment/cert-manager", f"--replicas={replicas}")
        pods = ("-n", "cert-manager", "pods", "-l", "app.kubernetes.io/component=controller")
        assert until(lambda: len(site.kube.items(*pods)) == replicas, within=60)


def give_issuer(site: Site, start: datetime) -> None:
    """Store an issuer that begins at a time."""
    keeper = "cert-manager" if site.settings.has("cert-manager") else "linkerd"
    anchor = load_anchor(site.kube.get("-n", keeper, "secret/linkerd-trust-anchor"))
    site.kube.apply([as_secret(make_issuer(anchor, start), "linkerd-identity-issuer", anchor.pem)])


def policies(site: Site) -> None:
    """Put the policies back."""
    heal(site, "policies")


def identities(site: Site, names: list[str]) -> None:
    """Admit identities by their full names in the place of the account."""
    patch(site.kube, AUTHENTICATION, {"spec": {"identityRefs": None, "identities": names}})


def accounts_again(site: Site) -> None:
    """Put back the account in the place of names."""
    site.kube.run("-n", "pingpong", "delete", AUTHENTICATION)
    policies(site)


def service_again(site: Site) -> None:
    """Put the Service back as it is written."""
    site.kube.run("-n", "pingpong", "delete", "service/ponger")
    heal(site, "workloads")


MISTAKES = (
    Mistake(
        "policy for the wrong ServiceAccount",
        lambda site: patch(
            site.kube, AUTHENTICATION, {"spec": {"identityRefs": [{"kind": "ServiceAccount", "name": "pigner"}]}}
        ),
        policies,
        calls,
        "newcomer -> ponger GET /ping",
        "requires the identity pigner.pingpong.",
    ),
    Mistake(
        "Server on the wrong port name",
        lambda site: patch(site.kube, "servers.policy.linkerd.io/ponger-http", {"spec": {"port": "web"}}),
        policies,
        calls,
        "newcomer -> ponger GET /ping",
        "no Server governs port 8080",
    ),
    Mistake(
        "NetworkPolicy without 4143",
        lambda site: patch(
            site.kube,
            "networkpolicy/ponger-from-pinger",
            [{"op": "replace", "path": "/spec/ingress/0/ports/0/port", "value": 8080}],
            "json",
        ),
        policies,
        calls,
        "newcomer -> ponger GET /ping",
        "4143",
    ),
    Mistake(
        "missing scrape permission",
        lambda site: site.kube.run(
            "-n", "pingpong", "delete", "authorizationpolicies.policy.linkerd.io/prometheus-may-scrape-sidecars"
        ),
        policies,
        lambda site: verify_metrics(site.kube, site.settings),
        "linkerd-proxy targets in pingpong",
        "no policy admits Prometheus",
    ),
    Mistake(
        "route without probe route",
        lambda site: site.kube.run("-n", "pingpong", "delete", "httproutes.policy.linkerd.io/ponger-probes"),
        policies,
        calls,
        "node -> ponger GET /ready",
        "the request matches HTTPRoute pingpong/ponger-rest",
    ),
    Mistake(
        "namespace not injected",
        not_injected,
        injected_again,
        lambda site: verify_admission(site.kube),
        "a pod in pingpong",
        "linkerd.io/inject: enabled",
    ),
    Mistake(
        "expired issuer",
        expire_issuer,
        renew_issuer,
        lambda site: verify_certificates(site.kube),
        "life of the issuer",
        "rotate issuer",
    ),
    Mistake(
        "wrong trust domain",
        lambda site: identities(site, ["pinger.pingpong.serviceaccount.identity.linkerd.example.org"]),
        accounts_again,
        calls,
        "newcomer -> ponger GET /ping",
        "linkerd.example.org",
    ),
    Mistake(
        "gateway in another namespace",
        lambda site: patch(
            site.kube,
            "httproutes.gateway.networking.k8s.io/pinger",
            [{"op": "replace", "path": "/spec/parentRefs/0/namespace", "value": "gateways"}],
            "json",
        ),
        policies,
        lambda site: verify_ingress(site.kube, site.settings),
        "HTTPRoute pinger has its Gateway",
        "there is ingress/ingress",
    ),
    Mistake(
        "port not in the Service",
        lambda site: patch(
            site.kube, "service/ponger", [{"op": "replace", "path": "/spec/ports/0/port", "value": 81}], "json"
        ),
        service_again,
        calls,
        "newcomer -> ponger GET /ping",
        "does not declare this port",
    ),
)
