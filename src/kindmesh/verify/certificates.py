"""Verifies that issuer and anchor are valid and belong together, and that every sidecar trusts the published roots."""

import base64
from datetime import timedelta

from kindmesh.errors import KindMeshError
from kindmesh.identity.authority import is_issued_by, life_left
from kindmesh.identity.trustroots import trusted
from kindmesh.tools.kube import Kube, Object
from meshverify.finding import Finding, judge

GROUP = "certificates"
LEAST_ISSUER_LIFE = timedelta(days=3)
LEAST_ANCHOR_LIFE = timedelta(days=60)
ANCHORS = "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS"
MESHED = "linkerd.io/control-plane-ns"
"""The label of everything that carries a sidecar, the control plane included."""


def verify_certificates(kube: Kube) -> list[Finding]:
    """Whether issuer and anchor are valid long enough, belong together, and are what the sidecars trust."""
    try:
        secret = kube.get("-n", "linkerd", "secret/linkerd-identity-issuer")
        roots = trusted(kube)
    except KindMeshError as error:
        return [judge(GROUP, "issuer and roots", "there", str(error), good=False, hint="`up --only identity`")]
    issuer = base64.b64decode(secret["data"]["tls.crt"]).decode()
    return [
        _life("issuer", issuer, LEAST_ISSUER_LIFE, "`kindmesh rotate issuer`"),
        _life("anchor", roots, LEAST_ANCHOR_LIFE, "`kindmesh rotate anchor`"),
        _signed(issuer, roots),
        trusting(kube.get("-A", "pods", "-l", MESHED, "--field-selector=status.phase=Running")["items"], roots),
    ]


def _life(name: str, pem: str, least: timedelta, hint: str) -> Finding:
    left = life_left(pem)
    return judge(GROUP, f"life of the {name}", f"over {_words(least)}", _words(left), good=left > least, hint=hint)


def _words(life: timedelta) -> str:
    return f"{life.days} days" if life.days > 1 else f"{life.total_seconds() / 3600:.1f} hours"


def _signed(issuer: str, roots: str) -> Finding:
    good = is_issued_by(issuer, roots)
    hint = "no new sidecar can get a certificate that the others trust: `kindmesh rotate issuer`"
    shown = "a published anchor" if good else "somebody else"
    return judge(GROUP, "who signed the issuer", "a published anchor", shown, good=good, hint=hint)


def trusting(pods: list[Object], roots: str) -> Finding:
    """Whether every injected sidecar of the cluster was given the published anchors when it started.

    The control plane's own sidecars refer to the ConfigMap, so they are not counted.
    """
    name, expected = "anchors of the sidecars", "the same"
    given = {
        f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": variable["value"].strip()
        for pod in pods
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        for variable in container.get("env", [])
        if variable["name"] == ANCHORS and "value" in variable
    }
    if not given:
        hint = (
            f"no pod with the label {MESHED} was given anchors: is Linkerd installed, and are the namespaces injected?"
        )
        return judge(GROUP, name, expected, "no sidecar", good=False, hint=hint)
    differing = sorted(pod for pod, anchors in given.items() if anchors != roots.strip())
    found = f"{', '.join(differing)} started with others" if differing else f"the same in all {len(given)}"
    hint = "a sidecar reads its anchors when it starts: `kubectl rollout restart` what owns these pods"
    return judge(GROUP, name, expected, found, good=not differing, hint=hint)
