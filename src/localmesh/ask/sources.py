"""As whom a request is sent: a pod, an account with a certificate made for the moment, the node, or a stranger."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from localmesh.errors import BadInput
from localmesh.pods.addresses import LOCALHOST
from localmesh.pods.pod import Pod
from localmesh.views import NODE, UNMESHED
from meshpolicy.kinds.settings import MeshSettings

NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
"""What Kubernetes takes for the name of a namespace or a ServiceAccount."""


@dataclass(frozen=True, slots=True)
class AsPod:
    """Through a pod's sidecar, with its secret."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class AsAccount:
    """With a certificate of an identity, from this machine's own address."""

    identity: str


@dataclass(frozen=True, slots=True)
class AsStranger:
    """In plain HTTP from an address."""

    address: IPv4Address


Source = AsPod | AsAccount | AsStranger


def find_source(
    text: str, pods: Sequence[Pod], identities: Iterable[str], settings: MeshSettings, node: IPv4Address
) -> Source:
    """Return who `text` means; a bare account must be known: as a pod's or by a policy that names its identity."""
    if text in (UNMESHED, NODE):
        return AsStranger(LOCALHOST if text == UNMESHED else node)
    named = [pod for pod in pods if text in (pod.name, pod.workload.name, f"{pod.namespace}/{pod.workload.name}")]
    if named:
        # The ingress has no app that could go out by a proxy of its own.
        return AsAccount(named[0].identity) if named[0].workload.kind == "Gateway" else AsPod(named[0])
    namespace, separator, account = text.partition("/")
    if separator and NAME.fullmatch(namespace) and NAME.fullmatch(account):
        return AsAccount(settings.identity(namespace, account))
    known = sorted(identities)
    found = [identity for identity in known if text in (_called(identity), identity)]
    if len(found) == 1:
        return AsAccount(found[0])
    if found:
        choices = " or ".join(f"{identity.split('.')[1]}/{text}" for identity in found)
        raise BadInput(f"{text}: more than one ServiceAccount has this name; write {choices}")
    names = [*(pod.name for pod in pods), *map(_called, known)]
    raise BadInput(
        f"{text}: there is no such pod, workload or ServiceAccount; known are {', '.join(dict.fromkeys(names))},"
        f" {UNMESHED}, {NODE}, and any NAMESPACE/ACCOUNT"
    )


def _called(identity: str) -> str:
    """Return what a person may call an identity: its account, or a `spiffe://` id as it is."""
    return identity if "://" in identity else identity.partition(".")[0]
